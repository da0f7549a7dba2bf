"""What was done to one object, latest first: its history page.

A contact's has also what was done to whatever is theirs. Who may see the object may see
who changed it; from which address they did it stands in the list of the audit only.
"""

from typing import Any

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from apps.audit.models import AuditRow
from apps.audit.telling import tell
from apps.common.paging import BoundedPaginator

PER_PAGE = 50
CONTACT = "contacts.contact"


def rows_about(shown: Model) -> QuerySet[AuditRow]:
    kind = shown._meta.label_lower
    about = Q(about_kind=kind, about_id=shown.pk)
    if kind == CONTACT:
        about |= Q(contact_id=shown.pk)
    return AuditRow.objects.filter(about).select_related("actor").order_by("-pk")


def history_page(request: HttpRequest, shown: Model, *, door: Any) -> HttpResponse:
    rows = rows_about(shown)
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("p"))
    context = {
        **door.admin_site.each_context(request),
        "opts": door.opts,
        "title": str(shown),
        "shown": shown,
        "page_obj": page,
        "told": tell(page.object_list),
    }
    request.current_app = door.admin_site.name
    return TemplateResponse(request, "admin/audit/history.html", context)

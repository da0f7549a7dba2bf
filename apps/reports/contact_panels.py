"""What touched a contact before they bought: fetched when somebody looks at it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, MAIN
from apps.reports.asking import TITLES
from apps.reports.attribution import OF_A_PATH
from apps.reports.journey import WINDOW, orders_of, shared, touches_of
from apps.staff.models import User

SEES = "contacts.view_follow"


@CONTACT_PAGE.panel(
    MAIN,
    order=80,
    title=_("Path and attribution"),
    template="admin/reports/panel.html",
    permission=SEES,
)
def path_of(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    return {"contact": contact}


@CONTACT_PAGE.door("path", name="path", permission=SEES)
@require_safe
def path_view(request: HttpRequest, contact: Contact) -> HttpResponse:
    assert isinstance(request.user, User)
    touches = touches_of(contact, user=request.user)
    orders = orders_of(contact) if request.user.has_perm("orders.view_order") else []
    context = {
        "touches": touches,
        "orders": [(order, shared(order, touches)) for order in orders],
        "models": [TITLES[model] for model in OF_A_PATH],
        "days": WINDOW,
    }
    return TemplateResponse(request, "admin/reports/path.html", context)

"""Two contacts whom nobody proposed: somebody who knows better chooses the other one.

The pair then stands among the proposals, side by side, and is decided there.
"""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from apps.common.admin import shows_refusals
from apps.common.filters import LONGEST_TERM, whole_number
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE
from apps.contacts.portrait import portraits
from apps.contacts.proposals import bring_together

SHOWN = 20


@CONTACT_PAGE.door("same-as", name="same_as", permission="contacts.change_proposal")
@require_http_methods(["GET", "HEAD", "POST"])
def same_as(request: Any, contact: Contact) -> HttpResponse:
    seen = Contact.objects.visible_to(request.user).exclude(pk=contact.pk)
    if request.method == "POST":
        other = seen.filter(pk=whole_number(request.POST.get("other", ""))).first()
        if other is None:
            raise Http404
        address = request.path
        with shows_refusals(request):
            now = timezone.now()
            pair = bring_together(contact, other, by=request.user, at=now)
            address = reverse("admin:contacts_proposal_change", args=[pair.pk])
        return redirect(address)
    term = request.GET.get("q", "").strip()[:LONGEST_TERM]
    found = list(seen.called(term).select_related("owner")[: SHOWN + 1]) if term else []
    if len(found) > SHOWN:
        messages.info(request, gettext("There are more: write more of the name."))
    context = {
        "title": gettext("Who is the same person as %s?") % contact,
        "shown": contact,
        "term": term,
        "rows": rows_of(found[:SHOWN]),
    }
    return TemplateResponse(request, "admin/contacts/contact/same_as.html", context)


def rows_of(found: list[Contact]) -> list[dict[str, Any]]:
    drawn = portraits(found)
    return [{"contact": one, "portrait": drawn[one.pk]} for one in found]

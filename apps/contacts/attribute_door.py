"""The doors to a contact's fields: all of them in a form, or one where it stands."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from apps.common.again import shows_refusals
from apps.common.errors import Refused
from apps.contacts.attribute_panel import AttributesForm, fill_in, name_of
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE

CHANGES = "contacts.change_attributevalue"
either = require_http_methods(["GET", "HEAD", "POST"])


@CONTACT_PAGE.door("attributes", name="attributes", permission=CHANGES)
@either
def edit_all(request: Any, contact: Contact) -> HttpResponse:
    form = None
    with shows_refusals(request):
        form = fill_in(
            request.POST or None, contact=contact, by=request.user, at=timezone.now()
        )
    if form is None or (form.is_bound and form.is_valid()):
        if form is not None:
            messages.success(request, _("Saved."))
        return redirect("admin:contacts_contact_change", contact.pk)
    context = {"title": str(contact), "shown": contact, "form": form}
    template = "admin/contacts/contact/attributes_form.html"
    return TemplateResponse(request, template, context)


@CONTACT_PAGE.door("attributes/<int:number>", name="attribute", permission=CHANGES)
@either
def edit_one(request: Any, contact: Contact, number: int) -> HttpResponse:
    """A field is filled in where it stands; with ?close it is as it was."""
    refusal = ""
    asked: dict[str, Any] = {"contact": contact, "only": [number]}
    try:
        form = fill_in(
            request.POST or None, by=request.user, at=timezone.now(), **asked
        )
    except Refused as refused:
        refusal = str(refused)
        form = AttributesForm(None, at=timezone.now(), **asked)
    if number not in form.known:
        raise Http404
    is_over = "close" in request.GET or (form.is_bound and form.is_valid())
    if is_over and form.is_bound:
        form = AttributesForm(None, at=timezone.now(), **asked)
    context = {
        "contact": contact,
        "row": form.known[number],
        "input": form[name_of(number)],
        "is_stale": number in form.stale,
        "refusal": refusal,
        "may_edit": True,
    }
    name = "attribute" if is_over else "attribute_edit"
    return TemplateResponse(request, f"admin/contacts/contact/{name}.html", context)

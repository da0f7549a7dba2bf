"""The door to correcting what we hold of a person, on their page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.audit.telling import DEEDS
from apps.common.errors import Refused
from apps.contacts.correct import FIELDS, correct, correctable
from apps.contacts.masked import shown
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE

DEEDS["corrected"] = _("corrected what we hold of a person")


def line(title: Any, **more: Any) -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
    longest = more.pop("max_length", 255)
    return forms.CharField(
        label=title, required=False, max_length=longest, widget=widget, **more
    )


class CorrectForm(forms.Form):
    name = line(_("full name"))
    corp_name = line(_("company"))
    position = line(_("position"))
    wrong = forms.MultipleChoiceField(
        label=_("wrong, to be removed"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    phone = line(_("another phone"), max_length=32)
    email = line(_("another e-mail"), max_length=128)

    def __init__(self, data: Any, *, contact: Contact) -> None:
        first = {name: getattr(contact, name) for name in FIELDS}
        super().__init__(data, initial=first)
        known = [
            (str(each.pk), f"{each.get_kind_display()} {shown(each)}")
            for each in correctable(contact)
        ]
        self.fields["wrong"].choices = known  # type: ignore[attr-defined]
        if not known:
            del self.fields["wrong"]


@CONTACT_PAGE.door(
    "correct", name="correct", permission="contacts.change_attributevalue"
)
@require_http_methods(["GET", "HEAD", "POST"])
def correct_view(request: HttpRequest, contact: Contact) -> HttpResponse:
    form = CorrectForm(request.POST or None, contact=contact)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        told, user = form.cleaned_data, request.user
        try:
            correct(
                contact=contact,
                fields={name: told[name] for name in FIELDS},
                wrong=[int(pk) for pk in told.get("wrong", [])],
                phone=told["phone"],
                email=told["email"],
                by=user,  # type: ignore[arg-type]
                at=timezone.now(),
            )
        except Refused as refused:
            refusal = str(refused)
        else:
            messages.success(request, gettext("Corrected."))
            return redirect("admin:contacts_contact_change", contact.pk)
    context = {
        **admin.site.each_context(request),
        "opts": Contact._meta,
        "title": gettext("Correct: %s") % contact,
        "shown": contact,
        "form": form,
        "refusal": refusal,
    }
    return TemplateResponse(request, "admin/contacts/contact/correct.html", context)

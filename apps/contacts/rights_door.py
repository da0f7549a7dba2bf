"""The door to a person's rights, on their page: a copy, erasing, consent."""

import json
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.common.addresses import of_one
from apps.common.again import shows_refusals
from apps.common.errors import Refused
from apps.contacts.consent import say, text_of
from apps.contacts.copy_out import copy_for, parts_of
from apps.contacts.forget import ask_to_erase
from apps.contacts.models import Contact
from apps.contacts.rights_models import Channel, ConsentText, Erasure, Purpose
from apps.contacts.unmask import LONGEST, SHORTEST
from apps.events.models import EventRecord
from apps.staff.step_up import StepUpForm

text_input = UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"})
CONFIRMED = _("erase")  # what has to be typed


class CopyForm(StepUpForm):
    reason = forms.CharField(
        label=_("what for"),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=text_input,
        error_messages={"required": _("Say in a few words what you need it for.")},
    )
    kind = forms.ChoiceField(
        label=_("file"),
        choices=[("html", _("a page to read")), ("json", _("JSON, for machines"))],
        widget=UnfoldAdminSelectWidget,
    )
    field_order = ("reason", "kind", "password")


class EraseForm(StepUpForm):
    why = forms.ChoiceField(
        label=_("reason"),
        choices=Erasure.Ground.choices,
        widget=UnfoldAdminSelectWidget,
    )
    reference = forms.CharField(
        label=_("reference"),
        help_text=_("Such as the number of a ticket. No name, no phone."),
        max_length=64,
        required=False,
        widget=text_input,
    )
    typed = forms.CharField(label=_("confirmation"), widget=text_input)
    field_order = ("why", "reference", "typed", "password")

    def clean_typed(self) -> str:
        typed = self.cleaned_data["typed"].strip()
        if typed != str(CONFIRMED):
            words = gettext("Type “%(word)s”: what is erased cannot be brought back.")
            raise forms.ValidationError(words % {"word": CONFIRMED})
        return typed


class ConsentForm(forms.Form):
    purpose = forms.ChoiceField(choices=Purpose.choices)
    given = forms.ChoiceField(choices=[("yes", _("agrees")), ("no", _("refuses"))])
    channel = forms.ChoiceField(choices=Channel.choices)
    version = forms.CharField(max_length=20, required=False)


def addresses(door: Any) -> list:
    """Of the admin of contacts, which says who may see whom."""

    def at(route: str, view: Any, name: str) -> Any:
        def opened(request: HttpRequest, pk: int) -> HttpResponse:
            return view(door, request, door.visible(request, pk))

        return of_one(door)(route, METHODS[name](opened), name)

    return [
        at("rights", rights_view, "rights"),
        at("rights/copy", copy_view, "copy"),
        at("rights/erase", erase_view, "erase"),
        at("consent", consent_view, "consent"),
    ]


METHODS = {
    "rights": require_safe,
    "copy": require_POST,
    "erase": require_POST,
    "consent": require_POST,
}


def rights_view(door: Any, request: HttpRequest, contact: Contact) -> HttpResponse:
    return page(door, request, contact)


def page(
    door: Any,
    request: HttpRequest,
    contact: Contact,
    *,
    copy: CopyForm | None = None,
    erase: EraseForm | None = None,
    refusal: str = "",
) -> HttpResponse:
    user: Any = request.user
    if not (may_copy(user) or may_erase(user)):
        raise PermissionDenied
    context = {
        **door.admin_site.each_context(request),
        "opts": door.opts,
        "title": gettext("Personal data of %s") % contact,
        "shown": contact,
        "parts": parts_of(contact, at=timezone.now()),
        "copy": (copy or CopyForm(request=request)) if may_copy(user) else None,
        "erase": (erase or EraseForm(request=request)) if may_erase(user) else None,
        "word": CONFIRMED,
        "refusal": refusal,
        "under_way": Erasure.objects.unfinished()
        .filter(contact_number=contact.pk)
        .first(),
    }
    return TemplateResponse(request, "admin/contacts/contact/rights.html", context)


def may_copy(user: Any) -> bool:
    return user.has_perm("contacts.copy_contact")


def may_erase(user: Any) -> bool:
    return user.has_perm("contacts.add_erasure")


def copy_view(door: Any, request: HttpRequest, contact: Contact) -> HttpResponse:
    if not may_copy(request.user):
        raise PermissionDenied
    form = CopyForm(request.POST, request=request)
    if not form.is_valid():
        return page(door, request, contact, copy=form)
    user: Any = request.user
    now = timezone.now()
    try:
        reason = form.cleaned_data["reason"]
        parts = copy_for(contact, by=user, reason=reason, at=now)
    except Refused as refusal:
        return page(door, request, contact, copy=form, refusal=str(refusal))
    kind = form.cleaned_data["kind"]
    if kind == "json":
        told = {"at": now.isoformat(), "parts": [vars(part) for part in parts]}
        body = json.dumps(told, ensure_ascii=False, indent=1)
        answer = HttpResponse(body, content_type="application/json; charset=utf-8")
    else:
        words = {"parts": parts, "at": now, "shown": contact}
        body = render_to_string("admin/contacts/contact/copy.html", words)
        answer = HttpResponse(body, content_type="text/html; charset=utf-8")
    name = f"personal-data-{contact.pk}.{kind}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


def erase_view(door: Any, request: HttpRequest, contact: Contact) -> HttpResponse:
    if not may_erase(request.user):
        raise PermissionDenied
    form = EraseForm(request.POST, request=request)
    if not form.is_valid():
        return page(door, request, contact, erase=form)
    user: Any = request.user
    try:
        job = ask_to_erase(
            contact=contact,
            ground=form.cleaned_data["why"],
            reference=form.cleaned_data["reference"],
            by=user,
            at=timezone.now(),
        )
    except Refused as refusal:
        return page(door, request, contact, erase=form, refusal=str(refusal))
    messages.success(request, gettext("Everything about this person is being erased."))
    return redirect("admin:contacts_erasure_change", job.pk)


def consent_view(door: Any, request: HttpRequest, contact: Contact) -> HttpResponse:
    if not request.user.has_perm("contacts.add_consentrecord"):
        raise PermissionDenied
    form = ConsentForm(request.POST)
    user: Any = request.user
    with shows_refusals(request):
        if form.is_valid():
            told, now = form.cleaned_data, timezone.now()
            say(
                contact=contact,
                purpose=told["purpose"],
                given=told["given"] == "yes",
                channel=told["channel"],
                text=text_of(told["purpose"], told["version"]),
                source=EventRecord.Source.PERSON,
                by=user,
                at=now,
                now=now,
            )
            messages.success(request, gettext("Written down."))
        else:
            messages.error(request, gettext("Say what for, and where it was said."))
    return redirect("admin:contacts_contact_change", contact.pk)


def erasure_of(request: HttpRequest, number: str) -> int | None:
    """By which somebody of this number was erased, for those who may read of it."""
    if not number.isdecimal() or len(number) > 18:
        return None
    if not request.user.has_perm("contacts.view_erasure"):
        return None
    done = Erasure.objects.filter(status=Erasure.Status.DONE)
    found = done.filter(
        Q(contact_number=int(number)) | Q(numbers__contains=[int(number)])
    )
    return found.values_list("pk", flat=True).first()


def versions() -> list[tuple[str, str, str]]:
    """The texts in use: purpose, version, and the words."""
    rows = ConsentText.objects.filter(archived_at__isnull=True)
    return list(rows.values_list("purpose", "version", "text"))

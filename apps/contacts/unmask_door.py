"""The door to a masked id, in its own line of the contact's page: a reason and, if need
be, the password; then the whole for a minute, and the line is as it was."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.common.addresses import of_one
from apps.common.errors import Refused
from apps.contacts.masked import is_masked, shown
from apps.contacts.models import Identity
from apps.contacts.unmask import LONGEST, SHORTEST, left_today, may_see_whole, unmask
from apps.staff.step_up import StepUpForm

SECONDS = 60  # that it stays on screen


class UnmaskForm(StepUpForm):
    reason = forms.CharField(
        label=_("what for"),
        min_length=SHORTEST,
        max_length=LONGEST,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Say in a few words what you need it for.")},
    )
    field_order = ("reason", "password")


def line_of(identity: Identity, *, may_unmask: bool) -> dict[str, Any]:
    masked = is_masked(identity.kind)
    return {
        "identity": identity,
        "shown": shown(identity),
        "may_copy": not masked,
        "may_unmask": masked and may_unmask,
    }


def addresses(door: Any) -> list:
    """Of the admin of contacts, which says who may see whom."""

    def view(request: Any, pk: int, identity_pk: int) -> HttpResponse:
        contact = door.visible(request, pk)
        if not request.user.has_perm("contacts.view_identity"):
            raise PermissionDenied
        identity = contact.identities.filter(pk=identity_pk).first()
        if identity is None or not is_masked(identity.kind):
            raise Http404
        return answer(request, identity)

    guarded = require_http_methods(["GET", "HEAD", "POST"])(view)
    return [of_one(door)("identity/<int:identity_pk>", guarded, "unmask")]


def answer(request: Any, identity: Identity) -> HttpResponse:
    if "close" in request.GET:
        may = may_see_whole(request.user)
        return line(request, "identity", row=line_of(identity, may_unmask=may))
    form = UnmaskForm(request.POST or None, request=request)
    now = timezone.now()
    told = {"row": line_of(identity, may_unmask=False), "form": form, "refusal": ""}
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        try:
            whole = unmask([identity], by=request.user, reason=reason, at=now)
        except Refused as refusal:
            told["refusal"] = str(refusal)
        else:
            told |= {"whole": whole[identity.pk], "seconds": SECONDS}
            return line(request, "unmasked", **told)
    told["left"] = left_today(request.user, at=now)
    return line(request, "unmask", **told)


def line(request: Any, name: str, **told: Any) -> HttpResponse:
    return TemplateResponse(request, f"admin/contacts/contact/{name}.html", told)

"""What points bring to the contact page and to the list of contacts."""

import secrets
from typing import Any

from django.contrib import messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from apps.common.admin import shows_refusals
from apps.common.filters import Pick, whole_number
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, MAIN, Look, theme
from apps.loyalty.models import Level, Membership, PointsEntry
from apps.loyalty.points import BadAmount, correct
from apps.staff.models import User

SHOWN = 4
CORRECTS = "loyalty.add_pointsentry"

theme(
    "points",
    title=_("Points"),
    looks={
        "PointsChanged": Look("toll"),
        "PointsChanged:earned": Look("toll", "good"),
        "PointsChanged:expired": Look("hourglass_disabled", "late"),
        "LevelChanged": Look("workspace_premium"),
    },
)


@CONTACT_PAGE.filter
class MemberLevelFilter(Pick):
    title = _("member level")
    parameter_name = "member_level"
    model = "loyalty.level"
    hint = _("Name of the level")
    others = (("none", _("no level")),)

    def narrow(self, contacts: QuerySet, level: Level) -> QuerySet:
        return contacts.filter(Exists(members().filter(level=level)))

    def narrow_to_other(self, contacts: QuerySet, value: str) -> QuerySet:
        return contacts.exclude(Exists(members().filter(level__isnull=False)))


def members() -> QuerySet[Membership]:
    return Membership.objects.filter(contact=OuterRef("pk"))


@CONTACT_PAGE.panel(
    FACT,
    order=55,
    title=_("points"),
    template="admin/loyalty/fact.html",
    permission="loyalty.view_membership",
)
def how_many_points(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    return {"contact": contact, "member": member(contact)}


@CONTACT_PAGE.panel(
    MAIN,
    order=25,
    title=_("Points"),
    template="admin/loyalty/panel.html",
    permission="loyalty.view_pointsentry",
)
def points_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    assert isinstance(request.user, User)
    may = request.user.has_perm(CORRECTS)
    found = member(contact)
    if found is None and not may:
        return None
    rows = PointsEntry.objects.filter(contact=contact).select_related("rule", "by")
    return {
        "contact": contact,
        "member": found,
        "last": list(rows.order_by("-at", "-pk")[:SHOWN]) if found else [],
        "may_correct": may,
        "key": secrets.token_hex(8),
    }


def member(contact: Contact) -> Membership | None:
    rows = Membership.objects.filter(contact=contact).select_related("level")
    return shared(contact, "membership", rows.first)


@CONTACT_PAGE.door("points/correct", name="points_correct", permission=CORRECTS)
@require_POST
def correct_view(request: HttpRequest, contact: Contact) -> HttpResponse:
    assert isinstance(request.user, User)
    with shows_refusals(request):
        many = whole_number(request.POST.get("points", "").strip())
        if many is None:
            raise BadAmount
        correct(
            contact=contact,
            points=-many if request.POST.get("way") == "less" else many,
            why=request.POST.get("why", ""),
            key=request.POST.get("key", "")[:32] or secrets.token_hex(8),
            by=request.user,
            at=timezone.now(),
        )
        messages.success(request, _("Saved."))
    return redirect("admin:contacts_contact_change", contact.pk)

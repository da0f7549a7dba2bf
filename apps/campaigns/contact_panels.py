"""What campaigns bring to the contact page: a theme of its timeline, and a panel."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Grant, Participation
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, MAIN, Look, theme

SHOWN = 5

theme(
    "campaigns",
    title=_("Campaigns"),
    looks={
        "CampaignJoined": Look("campaign"),
        "RewardGranted": Look("redeem", "good"),
        "RewardDelivered": Look("inventory", "good"),
        "RewardVoided": Look("undo", "late"),
        "TeamSettled": Look("groups"),
        "TeamSettled:full": Look("groups", "good"),
        "TeamSettled:failed": Look("groups", "late"),
    },
)


def participations_of(contact: Contact) -> list[Participation]:
    """The latest first."""
    rows = Participation.objects.filter(contact=contact).select_related("campaign")
    return shared(contact, "participations", lambda: list(rows[:SHOWN]))


@CONTACT_PAGE.panel(
    MAIN,
    order=65,
    title=_("Campaigns"),
    template="admin/campaigns/panel.html",
    permission="campaigns.view_participation",
    later=True,
)
def takes_part_in(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    found = participations_of(contact)
    if not found:
        return None
    won: dict[int | None, list[Grant]] = {}
    theirs = Grant.objects.live().filter(participation__in=found)
    for each in theirs.select_related("reward"):
        won.setdefault(each.participation_id, []).append(each)
    return {"rows": [(row, won.get(row.pk, [])) for row in found]}

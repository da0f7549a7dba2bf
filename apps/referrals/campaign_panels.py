"""What referrals bring to the page of a campaign: its helpers, and who brought most."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import Sum
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.campaigns.kinds import kind_of
from apps.campaigns.models import Campaign
from apps.campaigns.panels import CAMPAIGN_PAGE, FACT, MAIN, counts_helpers
from apps.contacts.models import Contact
from apps.referrals.graph import leaderboard
from apps.referrals.models import Invite
from apps.referrals.suspect import FLAGGED
from apps.staff.models import User

BEST = 10


@counts_helpers
def helpers_of(campaigns: Sequence[Any]) -> Mapping[int, int]:
    rows = Invite.objects.filter(campaign__in=campaigns, direct__gt=0).order_by()
    return dict(rows.values_list("campaign").annotate(all=Sum("direct")))


@CAMPAIGN_PAGE.panel(
    FACT,
    order=30,
    title=_("looks like cheating"),
    template="admin/referrals/campaign_fact.html",
    permission="referrals.view_sign",
)
def flagged(campaign: Campaign, request: HttpRequest) -> dict[str, Any] | None:
    if not kind_of(campaign).has_helpers:
        return None
    assert isinstance(request.user, User)
    rows = Invite.objects.filter(campaign=campaign, suspicion__gte=FLAGGED)
    return {"campaign": campaign, "many": rows.visible_to(request.user).count()}


@CAMPAIGN_PAGE.panel(
    MAIN,
    order=30,
    title=_("Leaderboard"),
    template="admin/referrals/campaign_panel.html",
    permission="referrals.view_invite",
)
def best_inviters(campaign: Campaign, request: HttpRequest) -> dict[str, Any] | None:
    """By themselves or by their whole tree; who is out of reach is but a number."""
    if not kind_of(campaign).has_helpers:
        return None
    assert isinstance(request.user, User)
    whole_tree = request.GET.get("by") == "tree"
    best = leaderboard(campaign, whole_tree=whole_tree, most=BEST)
    people = {invite.contact_id for invite in best}
    seen = Contact.objects.visible_to(request.user).filter(pk__in=people)
    return {
        "campaign": campaign,
        "best": best,
        "whole_tree": whole_tree,
        "seen": set(seen.values_list("pk", flat=True)) if best else set(),
    }

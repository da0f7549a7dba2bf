"""What stands on the page of a campaign: for everybody, and for one participant.

Of others it shows masked names and numbers, nothing else.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.utils.translation import gettext_lazy as _

from apps.campaigns.deliver import address_of
from apps.campaigns.kinds import kind_of
from apps.campaigns.models import Campaign, Grant, Participation, Reward
from apps.common.masking import masked_name
from apps.posters.lettering import clean
from apps.referrals.count import tally
from apps.referrals.doors import shown
from apps.referrals.graph import leaderboard, rank_of
from apps.referrals.invite import invite_of
from apps.referrals.models import Invite, Referral

HELPERS, LEADERS = 30, 10
LONGEST_NAME, LONGEST_MASKED = 20, 6
Claimed = Campaign.Award.CLAIMED


class Helper(NamedTuple):
    """A friend, as the inviter may see them."""

    name: str
    standing: Any
    tone: str
    at: datetime


class Tier(NamedTuple):
    """A prize with what is left, and how far this visitor is from it."""

    reward: Reward
    percent: int
    missing: int
    grants: list[Grant]
    may_claim: bool


def state_of(campaign: Campaign, *, at: datetime) -> str:
    if campaign.is_launched and at < campaign.starts_at:
        return "not_begun"
    return "open" if campaign.is_open(at=at) else "over"


def name_shown(name: str) -> str:
    return masked_name(clean(name, most=LONGEST_MASKED)) or "*"


def for_everybody(campaign: Campaign, *, at: datetime) -> dict[str, Any]:
    tiers = tiers_of(campaign, None, tally=0, at=at)
    return {
        "campaign": campaign,
        "state": state_of(campaign, at=at),
        "until": campaign.starts_at if at < campaign.starts_at else campaign.ended_at,
        "kind": kind_of(campaign),
        "tiers": tiers,
        "is_out": bool(tiers) and not any(tier.reward.left for tier in tiers),
        "leaders": [
            (name_shown(invite.contact.name), invite.direct)
            for invite in leaders_of(campaign)
        ],
    }


def leaders_of(campaign: Campaign) -> list[Invite]:
    if not kind_of(campaign).has_helpers:
        return []
    return leaderboard(campaign, most=LEADERS)


def for_one(mine: Participation, *, at: datetime) -> dict[str, Any]:
    campaign = mine.campaign
    invite = invite_of(campaign, mine.contact)
    many = tally(invite) if invite else 0
    told = for_everybody(campaign, at=at)
    tiers = tiers_of(campaign, mine, tally=many, at=at)
    waits = [tier.missing for tier in tiers if tier.missing and tier.reward.left]
    return told | {
        "mine": mine,
        "name": clean(mine.contact.name, most=LONGEST_NAME),
        "tally": many,
        "tiers": tiers,
        "missing": min(waits, default=0),
        "helpers": helpers_of(invite) if invite else [],
        "rank": rank_of(invite).rank if invite and invite.direct > 0 else 0,
        "has_poster": bool(invite and shown(invite).text),
        "poster_waits": bool(invite and not shown(invite).text),
    }


def tiers_of(
    campaign: Campaign, mine: Participation | None, *, tally: int, at: datetime
) -> list[Tier]:
    rewards = campaign.rewards.order_by("needed", "place")
    won = grants_of(mine)
    claims = campaign.award == Claimed and kind_of(campaign).has_tiers
    open_ = mine is not None and campaign.starts_at <= at < campaign.answers_until
    return [
        Tier(
            reward=reward,
            percent=min(100, 100 * max(tally, 0) // reward.needed)
            if reward.needed
            else 100,
            missing=max(reward.needed - max(tally, 0), 0),
            grants=[grant for grant in won if grant.reward_id == reward.pk],
            may_claim=claims
            and open_
            and reward.left > 0
            and tally >= reward.needed
            and not any(grant.reward_id == reward.pk for grant in won),
        )
        for reward in rewards
    ]


def grants_of(mine: Participation | None) -> Sequence[Grant]:
    if mine is None:
        return []
    live = Grant.objects.live().filter(participation=mine)
    found = list(live.select_related("reward", "coupon").order_by("pk"))
    for grant in found:
        grant.told = address_of(grant)
        grant.needs_address = (
            grant.reward.kind == Reward.Kind.PHYSICAL
            and grant.status == Grant.Status.GRANTED
        )
    return found


def helpers_of(invite: Invite) -> list[Helper]:
    """The latest first; who does not count is told, so that the inviter can see why."""
    rows = Referral.objects.filter(invite=invite).exclude(refused=Referral.Refused.SELF)
    return [
        Helper(name_shown(row.contact.name), *standing_of(row), row.at)
        for row in rows.select_related("contact").order_by("-at", "-pk")[:HELPERS]
    ]


def standing_of(row: Referral) -> tuple[Any, str]:
    if row.refused == Referral.Refused.NO_GROUP:
        return _("not in the group yet"), "late"
    if row.refused or row.voided_at:
        return _("does not count"), "bad"
    if row.left_at:
        return _("has left again"), "bad"
    if row.settles_at:
        return _("counts soon"), "late"
    return _("has helped"), "good"

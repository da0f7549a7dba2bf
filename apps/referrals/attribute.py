"""Which invite gets the referral, and why it does not count.

Whoever comes by an invite while its campaign is open is a referral of it: one for each
helper and campaign. If two invited her, the campaign says who has it: the first, or the
last who did within its window. It is kept all the same where it does not count: they
came by their own invite, were a friend before, have helped before, help whoever helped
them, have not joined a group where the campaign asks for one, or it was not open.

Everything is worked out anew from the follows that carry an invite's state. So news may
come late, twice, or in the wrong order, two contacts may turn out to be one or not: the
result depends on what happened and not on when we heard of it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched

from django.db import transaction

from apps.campaigns.models import Campaign
from apps.channels.states import BETWEEN, parted
from apps.common.turns import take_turns
from apps.contacts.models import Follow
from apps.referrals.count import opens_at, recount, spans_for
from apps.referrals.in_groups import asks_for_groups
from apps.referrals.models import Invite, Referral

Refused = Referral.Refused
AT_ONCE = 200


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """The helper came by an invite. `left_at` is when she walked away again."""

    at: datetime
    invite: Invite
    follow_id: int = 0
    left_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What becomes of it; `spells` are her arrivals that may count."""

    chosen: Arrival
    refused: str
    spells: Sequence[Arrival] = ()


def chosen_of(arrivals: Sequence[Arrival], campaign: Campaign) -> Arrival:
    """Of several who invited her, whose it is. The earliest is the first of them."""
    if campaign.credited == Campaign.Credited.FIRST:
        return arrivals[0]
    until = arrivals[0].at + timedelta(hours=campaign.window_hours)
    return [each for each in arrivals if each.at < until or each is arrivals[0]][-1]


def decide(
    arrivals: Sequence[Arrival],
    *,
    campaign: Campaign,
    helper_id: int,
    known_since: datetime | None,
    helped_before: bool,
) -> Decision:
    """By her arrivals in this campaign, earliest first, and what else is known of her.
    Help for each other is looked at afterwards."""
    in_time = [each for each in arrivals if was_open(campaign, at=each.at)]
    by_others = [each for each in in_time if each.invite.contact_id != helper_id]
    if not in_time:
        return Decision(chosen=arrivals[0], refused=Refused.CLOSED)
    if not by_others:
        return Decision(chosen=in_time[0], refused=Refused.SELF)
    chosen = chosen_of(by_others, campaign)
    refused = ""
    if campaign.new_friends_only and known_since and known_since < in_time[0].at:
        refused = Refused.OLD_FRIEND
    elif helped_before and campaign.helps == Campaign.Helps.ONCE:
        refused = Refused.HELPED_BEFORE
    return Decision(chosen=chosen, refused=refused, spells=by_others)


def was_open(campaign: Campaign, *, at: datetime) -> bool:
    """Half-open; of what happened then, however late we hear of it."""
    begins = opens_at(campaign)
    return begins is not None and begins <= at < campaign.ended_at


# --- one contact, all her campaigns ---------------------------------------------------


@transaction.atomic
def attribute(*, contact_id: int, at: datetime) -> list[Referral]:
    """Work out anew what the contact's arrivals count for. `at` is when we look."""
    take_turns(turn(contact_id))
    follows = list(
        Follow.objects.filter(identity__contact=contact_id)
        .order_by("started_at", "pk")
        .only("pk", "started_at", "start_known", "ended_at", "ended_by", "state")
    )
    arrivals = arrivals_of(follows)
    held = {
        row.campaign_id: row
        for row in Referral.objects.filter(contact=contact_id).select_related(
            "invite", "campaign__channel"
        )
    }
    found: list[Referral] = []
    helped = False
    for campaign, theirs in in_order(arrivals):
        ours = {each.follow_id for each in theirs if was_open(campaign, at=each.at)}
        earlier = (each.started_at for each in follows if each.pk not in ours)
        decision = decide(
            theirs,
            campaign=campaign,
            helper_id=contact_id,
            known_since=min(earlier, default=None),
            helped_before=helped,
        )
        referral = held.pop(campaign.pk, None) or Referral(
            campaign=campaign, contact_id=contact_id
        )
        found.append(keep(referral, decision, at=at))
        helped = helped or not referral.refused
    for referral in held.values():  # of whoever was merged into another
        referral.refused, referral.left_at = Refused.HELPED_BEFORE, None
        recount(referral=referral, spells=[], at=at)
    return found


def turn(contact_id: int) -> str:
    return f"referrals:{contact_id}"


def arrivals_of(follows: Iterable[Follow]) -> Mapping[Campaign, list[Arrival]]:
    """Her arrivals by invites, earliest first, by campaign."""
    by_ref = {
        follow.pk: parted(follow.state)[1]
        for follow in follows
        if BETWEEN in follow.state and follow.start_known
    }
    if not by_ref:
        return {}
    rows = Invite.objects.filter(ref__in=set(by_ref.values())).select_related(
        "campaign", "contact"
    )
    invites = {invite.ref: standing(invite) for invite in rows}
    found: dict[Campaign, list[Arrival]] = defaultdict(list)
    for follow in follows:
        invite = invites.get(by_ref.get(follow.pk, ""))
        if invite is not None:
            found[invite.campaign].append(
                Arrival(
                    at=follow.started_at,
                    invite=invite,
                    follow_id=follow.pk,
                    left_at=follow.left_at,
                )
            )
    return found


def standing(invite: Invite) -> Invite:
    """Whoever was merged into another with an invite of their own counts for that."""
    into = invite.contact.merged_into_id
    if into is None:
        return invite
    rows = Invite.objects.filter(campaign=invite.campaign_id, contact=into)
    return rows.select_related("campaign", "contact").first() or invite


def in_order(
    arrivals: Mapping[Campaign, list[Arrival]],
) -> list[tuple[Campaign, list[Arrival]]]:
    """By when she first came: what she helped before decides of what comes later."""
    return sorted(arrivals.items(), key=lambda each: (each[1][0].at, each[0].pk))


def keep(referral: Referral, decision: Decision, *, at: datetime) -> Referral:
    chosen = decision.chosen
    moved = referral.pk is not None and referral.invite_id != chosen.invite.pk
    referral.invite, referral.at = chosen.invite, chosen.at
    referral.follow_id = chosen.follow_id or None
    refused = decision.refused
    if not refused and not has_joined(referral, decision.spells):
        refused = Refused.NO_GROUP
    if not referral.campaign.mutual_help:
        refused = refused or help_each_other(referral, at=at)
        if moved or refused not in ("", Refused.MUTUAL):
            free_the_other(referral, at=at)
    if not refused and referral.voided_at:
        refused = Refused.SUSPECT
    referral.refused = refused
    spells = decision.spells if refused in ("", Refused.SUSPECT) else ()
    recount(referral=referral, spells=spells, at=at)
    return referral


def has_joined(referral: Referral, spells: Sequence[Arrival]) -> bool:
    """Where the campaign asks for groups: has she been in one while a friend?"""
    if not asks_for_groups(referral.campaign):
        return True
    return bool(spans_for(referral, spells))


def help_each_other(referral: Referral, *, at: datetime) -> str:
    """Of two who help each other the first counts. The two of them take turns."""
    helper, inviter = referral.contact_id, referral.invite.contact_id
    low, high = sorted((helper, inviter))
    take_turns(f"help:{referral.campaign_id}:{low}:{high}")
    may_count = ["", Refused.MUTUAL, Refused.SUSPECT]
    rows = of_each_other(referral.campaign_id, inviter, helper)
    other = rows.filter(refused__in=may_count).first()
    if other is None:
        return ""
    is_first = (referral.at, helper) < (other.at, other.contact_id)
    if is_first != (other.refused == Refused.MUTUAL):
        look_again(Referral.objects.filter(pk=other.pk), at=at)
    return "" if is_first else Refused.MUTUAL


def free_the_other(referral: Referral, *, at: datetime) -> None:
    """This one does not count: whoever was refused for its sake may."""
    rows = Referral.objects.filter(
        campaign=referral.campaign_id,
        invite__contact=referral.contact_id,
        refused=Refused.MUTUAL,
    )
    look_again(rows, at=at)


def of_each_other(campaign_id: int, helper_id: int, inviter_id: int):
    return Referral.objects.filter(
        campaign=campaign_id, contact=helper_id, invite__contact=inviter_id
    )


# --- those to be looked at again ------------------------------------------------------


def look_again(referrals, *, at: datetime) -> int:
    """They are worked out anew by the clock, soon."""
    return referrals.update(settles_at=at)


def attribute_those_due(*, at: datetime) -> int:
    """Who has stayed long enough, and whatever else must be looked at again."""
    due = Referral.objects.filter(settles_at__lte=at).order_by("settles_at", "pk")
    numbers = list(due.values_list("contact_id", flat=True)[: AT_ONCE * 10])
    for some in batched(dict.fromkeys(numbers), AT_ONCE):
        for contact_id in some:
            attribute(contact_id=contact_id, at=at)
    return len(numbers)

"""A reward is given once, and only while there is one left.

Whoever takes the last one is told by the statement that takes it: `left` falls by one
where it is above nothing, in the transaction that writes the grant. So initial = left +
live grants at every instant, whoever dies when. One contact's grants are written by one
at a time, so nobody wins more than their share.

What helpers reach is given by itself or claimed, as the campaign says. Under "unless
it is delivered" it is taken back when helpers leave, and given again when they return;
what a person took back is not.
"""

import secrets
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.db.models import F, Q

from apps.audit.note import note
from apps.campaigns.events import RewardGranted, RewardVoided
from apps.campaigns.join import CampaignNotBegun, join
from apps.campaigns.kinds import kind_of
from apps.campaigns.models import Campaign, CouponCode, Grant, Participation, Reward
from apps.common.errors import Refused
from apps.common.faults import reached
from apps.contacts.models import Contact
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.loyalty.models import PointsEntry
from apps.loyalty.points import earn, hold, take_back
from apps.staff.models import User

LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # none that look alike
CODE_LENGTH = 10
TAKE_ONE = """
UPDATE campaigns_reward SET "left" = "left" - 1 WHERE id = %s AND "left" > 0
RETURNING "left"
"""
Source = EventRecord.Source


class OutOfStock(Refused):
    """Nothing is left of this prize."""

    code = "out_of_stock"


class WonAlready(Refused):
    """This prize was won already; nobody gets more of it."""

    code = "won_already"


class NotReached(Refused):
    """There are not enough helpers for this prize yet."""

    code = "not_reached"


class ClaimedTooLate(Refused):
    """The time for claiming prizes is over."""

    code = "claimed_too_late"


class GivenByItself(Refused):
    """This prize is not claimed: it comes by itself."""

    code = "given_by_itself"


class AlreadyDelivered(Refused):
    """This prize was handed out already."""

    code = "already_delivered"


class TakenBackAlready(Refused):
    """This prize was taken back."""

    code = "taken_back_already"


class NoReasonGiven(Refused):
    """Say why: it stands in the record, and the customer may ask."""

    code = "voided_without_reason"


@transaction.atomic
def grant(*, reward: Reward, participation: Participation, at: datetime) -> Grant:
    """Give it, or say why not. Whether it was deserved the caller knows."""
    contact_id = hold(participation.contact_id)
    used = numbers_of(reward, contact_id)
    return give(reward, participation, contact_id, used, at=at)


def give(
    reward: Reward,
    participation: Participation,
    contact_id: int,
    used: Collection[int],
    *,
    at: datetime,
) -> Grant:
    """To whom the caller holds, who had those numbers of it."""
    number = next_number(reward, used)
    if not Reward.objects.filter(pk=reward.pk, left__gt=0).exists():
        raise OutOfStock  # without holding up those who still may win
    made = Grant.objects.create(
        reward=reward,
        participation=participation,
        contact_id=contact_id,
        number=number,
        redeem_code=new_code(),
        granted_at=at,
    )
    if reward.kind == Reward.Kind.COUPON:
        give_code(reward, made)
    elif reward.kind == Reward.Kind.POINTS:
        give_points(reward, made, contact_id, at=at)
    left = take_one(reward)
    reached("prize.mid")
    record(
        RewardGranted(
            at=at,
            source=Source.SYSTEM,
            contact_id=contact_id,
            campaign_id=reward.campaign_id,
            reward_id=reward.pk,
            grant_id=made.pk,
            left=left,
        )
    )
    return made


def take_one(reward: Reward) -> int:
    """How many are left after it; refused when there is none."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_ONE, [reward.pk])
        row = cursor.fetchone()
    if row is None:
        raise OutOfStock
    left: int = row[0]
    return left


def numbers_of(reward: Reward, contact_id: int) -> set[int]:
    """Of theirs. What a person took back counts as theirs."""
    theirs = Grant.objects.filter(reward=reward, contact=contact_id).order_by()
    return set(theirs.exclude(by_itself=True).values_list("number", flat=True))


def next_number(reward: Reward, used: Collection[int]) -> int:
    """The how-manieth it is of theirs."""
    free = (n for n in range(1, reward.per_person + 1) if n not in used)
    number = next(free, None)
    if number is None:
        raise WonAlready
    return number


def give_code(reward: Reward, made: Grant) -> None:
    """The first that nobody has or is just being given."""
    free = CouponCode.objects.filter(reward=reward, grant__isnull=True).order_by("pk")
    code = free.select_for_update(skip_locked=True).first()
    if code is None:
        raise OutOfStock
    CouponCode.objects.filter(pk=code.pk).update(grant=made)


def give_points(
    reward: Reward, made: Grant, contact_id: int, *, at: datetime
) -> PointsEntry:
    return earn(
        contact_id=contact_id,
        points=reward.points,
        key=points_key(made),
        at=at,
        why=reward.name,
    )


def points_key(made: Grant) -> str:
    return f"grant:{made.pk}"


def new_code() -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(CODE_LENGTH))


# --- what helpers reach ---------------------------------------------------------------


@transaction.atomic
def take_part(
    *,
    campaign: Campaign,
    contact: Contact,
    at: datetime,
    source: EventRecord.Source = Source.SYSTEM,
) -> Participation:
    """Join, and get at once what everybody gets who takes part."""
    hold(contact.pk)
    made = join(campaign=campaign, contact=contact, at=at, source=source)
    if campaign.award == Campaign.Award.ITSELF and kind_of(campaign).has_tiers:
        for _given in give_reached(made, 0, at=at):
            continue
    return made


def reached_by(reward: Reward, tally: int) -> int:
    """How many of it so many helpers are good for: one for each `needed` of them."""
    if reward.needed == 0:
        return 1
    return min(reward.per_person, max(tally, 0) // reward.needed)


def award_due(*, participation: Participation, tally: int, at: datetime) -> list[Grant]:
    """Called whenever the tally may be another: gives what is reached and not given, or
    takes back what no longer is, as the campaign wants it. Often changes nothing."""
    campaign = participation.campaign
    if campaign.is_draft or not kind_of(campaign).has_tiers:
        return []
    with transaction.atomic():
        hold(participation.contact_id)
        if campaign.deduction == Campaign.Deduction.UNLESS_DELIVERED:
            take_back_unreached(participation, tally, at=at)
        if campaign.award != Campaign.Award.ITSELF:
            return []
        return list(give_reached(participation, tally, at=at))


def give_reached(
    participation: Participation, tally: int, *, at: datetime
) -> Iterator[Grant]:
    had = counts_of(participation)
    for reward in participation.campaign.rewards.order_by("needed", "place"):
        for _again in range(reached_by(reward, tally) - had.get(reward.pk, 0)):
            try:
                yield grant(reward=reward, participation=participation, at=at)
            except (OutOfStock, WonAlready):
                break  # this tier has ended; others may go on


def counts_of(participation: Participation) -> dict[int, int]:
    """What they have of each reward, and what a person took from them."""
    found: dict[int, int] = {}
    theirs = Grant.objects.filter(
        contact=participation.contact_id, reward__campaign=participation.campaign_id
    )
    for reward_id in theirs.exclude(by_itself=True).values_list("reward", flat=True):
        found[reward_id] = found.get(reward_id, 0) + 1
    return found


def take_back_unreached(
    participation: Participation, tally: int, *, at: datetime
) -> None:
    """The latest first; what is delivered stays."""
    for reward in participation.campaign.rewards.filter(needed__gt=0):
        live = Grant.objects.live().filter(
            reward=reward, contact=participation.contact_id
        )
        many = live.count() - reached_by(reward, tally)
        if many <= 0:
            continue
        waiting = live.filter(status=Grant.Status.GRANTED).order_by("-number")
        for made in waiting[:many]:
            take_from(made, why="", by=None, at=at, by_itself=True)


def claim(
    *, reward: Reward, participation: Participation, tally: int, at: datetime
) -> Grant:
    """The participant has chosen it."""
    campaign = reward.campaign
    if campaign.is_draft or at < campaign.starts_at:
        raise CampaignNotBegun
    if at >= campaign.answers_until:
        raise ClaimedTooLate
    if campaign.award != Campaign.Award.CLAIMED or not kind_of(campaign).has_tiers:
        raise GivenByItself
    if reward.campaign_id != participation.campaign_id:
        raise NotReached
    with transaction.atomic():
        contact_id = hold(participation.contact_id)
        used = numbers_of(reward, contact_id)
        many = len(used)
        most = reward.per_person if reward.needed == 0 else reached_by(reward, tally)
        if many >= reward.per_person:
            raise WonAlready
        if many >= most:
            raise NotReached
        return give(reward, participation, contact_id, used, at=at)


# --- taken back -----------------------------------------------------------------------


@transaction.atomic
def void(*, grant: Grant, why: str, by: User | None, at: datetime) -> Grant:
    """The stock, the coupon code and the points come back."""
    why = " ".join(why.replace("\0", "").split())[:200]
    if not why:
        raise NoReasonGiven
    return take_from(grant, why=why, by=by, at=at)


def take_from(
    given: Grant, *, why: str, by: User | None, at: datetime, by_itself: bool = False
) -> Grant:
    if given.contact_id:
        hold(given.contact_id)
    given = Grant.objects.select_for_update().get(pk=given.pk)
    if given.status == Grant.Status.DELIVERED:
        raise AlreadyDelivered
    if given.status == Grant.Status.VOIDED:
        raise TakenBackAlready
    given.status, given.voided_at, given.why_voided = Grant.Status.VOIDED, at, why
    given.voided_by, given.by_itself = by, by_itself
    given.save(
        update_fields=["status", "voided_at", "why_voided", "voided_by", "by_itself"]
    )
    CouponCode.objects.filter(grant=given).update(grant=None)
    take_points_back(given, at=at)
    Reward.objects.filter(pk=given.reward_id).update(left=F("left") + 1)
    reward = given.reward
    record(
        RewardVoided(
            at=at,
            source=Source.PERSON if by else Source.SYSTEM,
            contact_id=given.contact_id,
            actor_id=by.pk if by else None,
            campaign_id=reward.campaign_id,
            reward_id=reward.pk,
            grant_id=given.pk,
        )
    )
    if not by_itself:
        note(
            deed="prize_taken_back",
            by=by,
            at=at,
            about=given,
            contact_id=given.contact_id,
            after={"prize": reward.name, "why": why},
            personal=("why",) if given.contact_id else (),
        )
    return given


def take_points_back(given: Grant, *, at: datetime) -> None:
    earned = PointsEntry.objects.filter(key=points_key(given)).first()
    if earned is not None:
        take_back(
            earned=earned,
            points=earned.points,
            growth=0,
            key=f"{points_key(given)}:back",
            at=at,
            why=given.reward.name,
        )


def stock_of(campaign: Campaign) -> tuple[int, int]:
    """What there was of everything, and what is left."""
    rows = campaign.rewards.values_list("initial", "left")
    return sum(initial for initial, _left in rows), sum(left for _i, left in rows)


def is_out(campaign: Campaign) -> bool:
    return not campaign.rewards.filter(Q(left__gt=0)).exists()

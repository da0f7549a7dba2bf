"""A campaign is drafted, changed, copied, discarded; each time audited.

While it is a draft everything may be changed. Once it is launched people rely on it:
its name, words, an end that is later, more room and more prizes are all that changes.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext

from apps.audit.note import note
from apps.campaigns.kinds import as_json, told_terms
from apps.campaigns.models import Campaign, CouponCode, Reward
from apps.campaigns.problems import NotFit
from apps.campaigns.texts import LONGEST, situations_of
from apps.common.errors import Refused
from apps.common.problems import Problem
from apps.staff.models import User
from apps.tags.models import Tag

SLUG = "abcdefghijkmnpqrstuvwxyz23456789"  # none that look alike
SLUG_LENGTH = 10
MOST_REWARDS = 20
MOST_CODES = 100_000
TAGS = ("joined_tags", "won_tags")
# What may be different once it is launched, besides the end, the room and the stock.
CHANGES_LATER = (
    *("name", "rules", "ends_without_stock", "keep_days", "joined_tags", "won_tags"),
)
KEPT = (
    *("name", "starts_at", "join_cap", "ends_without_stock", "new_friends_only"),
    *("ends_at", "helps", "mutual_help", "credited", "window_hours", "settle_hours"),
    *("deduction", "award", "joins_by_entry", "keep_days", "rules"),
    *TAGS,
)
OF_A_REWARD = (
    *("name", "kind", "needed", "per_person", "points", "text", "value", "weight"),
)


class CampaignNameTaken(Refused):
    """There is a campaign of this name already."""

    code = "campaign_name_taken"


class CampaignChangedMeanwhile(Refused):
    """A colleague has changed this campaign meanwhile. Open it again."""

    code = "campaign_changed_meanwhile"


class CampaignIsClosed(Refused):
    """A campaign that is over is changed no more. Copy it instead."""

    code = "campaign_is_closed"


class NotADraft(Refused):
    """This can only be done to a draft."""

    code = "campaign_not_a_draft"


class FixedByNow(Refused):
    """The campaign runs: this cannot be changed any more."""

    code = "campaign_fixed"


@dataclass(frozen=True, kw_only=True)
class Prize:
    """A reward as the form tells it. `codes` are coupon codes to be added."""

    pk: int | None = None
    name: str
    kind: str = Reward.Kind.MANUAL
    needed: int = 0
    initial: int = 0
    per_person: int = 1
    points: int = 0
    text: str = ""
    value: int = 0
    weight: int = 0
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Told:
    """A campaign as the form tells it."""

    kind: str
    name: str
    starts_at: datetime
    ends_at: datetime
    channel_id: int | None = None
    segment_id: int | None = None
    join_cap: int | None = None
    ends_without_stock: bool = True
    new_friends_only: bool = True
    helps: str = Campaign.Helps.CAMPAIGN
    mutual_help: bool = False
    credited: str = Campaign.Credited.FIRST
    window_hours: int = 24
    settle_hours: int = 0
    deduction: str = Campaign.Deduction.BEFORE_AWARD
    award: str = Campaign.Award.ITSELF
    joins_by_entry: bool = False
    keep_days: int = 7
    joined_tags: Sequence[int] = ()
    won_tags: Sequence[int] = ()
    rules: str = ""
    texts: Mapping[str, str] = field(default_factory=dict)
    terms: Mapping[str, Any] = field(default_factory=dict)
    prizes: tuple[Prize, ...] = ()


def held(campaign_id: int) -> Campaign:
    """Nobody else changes it until the end of the transaction."""
    return Campaign.objects.select_for_update(no_key=True).get(pk=campaign_id)


def may_change(campaign: Campaign, *, by: User) -> bool:
    """Whoever made it, and whoever sees all contacts."""
    if not by.has_perm("campaigns.change_campaign"):
        return False
    return by.sees_everybody or campaign.made_by_id == by.pk


@transaction.atomic
def keep(
    *,
    told: Told,
    by: User | None,
    at: datetime,
    campaign: Campaign | None = None,
    version: int | None = None,
) -> Campaign:
    before: dict[str, Any] = {}
    if campaign is None:
        campaign = Campaign(kind=told.kind, slug=new_slug(), made_by=by, made_at=at)
    else:
        campaign = held(campaign.pk)
        if campaign.status == Campaign.Status.CLOSED:
            raise CampaignIsClosed
        if version is not None and version != campaign.version:
            raise CampaignChangedMeanwhile
        before = told_of(campaign)
        campaign.version += 1
    refuse_nonsense(told, campaign)
    if campaign.is_launched:
        refuse_what_is_fixed(told, campaign)
    for name in (*KEPT, "channel_id", "segment_id"):
        setattr(campaign, name, getattr(told, name))
    campaign.joined_tags, campaign.won_tags = [*told.joined_tags], [*told.won_tags]
    campaign.name = tidy(told.name, 40)
    campaign.terms = as_json(told_terms(campaign.kind, told.terms))
    known = situations_of(campaign.kind)
    campaign.texts = {
        name: text.strip()[:LONGEST]
        for name, text in told.texts.items()
        if name in known and text.strip() not in ("", str(known[name].text))
    }
    campaign.changed_at = at
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError as error:
        raise CampaignNameTaken from error
    keep_prizes(campaign, told.prizes)
    after = told_of(campaign)
    if before != after:
        deed = "changed" if before else "added"
        note(deed=deed, by=by, at=at, about=campaign, before=before, after=after)
    return campaign


def refuse_nonsense(told: Told, campaign: Campaign) -> None:
    """A draft may be incomplete, but not senseless."""
    wrong: list[Problem] = []
    if not told.name.strip():
        wrong.append(Problem("name", gettext("A campaign needs a name.")))
    if told.ends_at <= told.starts_at:
        wrong.append(Problem("ends_at", gettext("It ends before it begins.")))
    if told.join_cap is not None and told.join_cap < max(campaign.joined, 1):
        words = gettext("%(many)s take part already; at least one may.")
        wrong.append(Problem("join_cap", words % {"many": campaign.joined}))
    if len(told.prizes) > MOST_REWARDS:
        words = gettext("At most %(most)s prizes.")
        wrong.append(Problem("prizes", words % {"most": MOST_REWARDS}))
    for place, prize in enumerate(told.prizes):
        if not prize.name.strip():
            why = gettext("A prize needs a name.")
            wrong.append(Problem(f"prizes.{place}.name", why))
    if wrong:
        raise NotFit(wrong)


def refuse_what_is_fixed(told: Told, campaign: Campaign) -> None:
    fixed = [
        Problem(name, FixedByNow.words())
        for name in (*KEPT, "channel_id", "segment_id")
        if name not in (*CHANGES_LATER, "ends_at", "join_cap")
        and getattr(told, name) != getattr(campaign, name)
    ]
    if as_json(told_terms(campaign.kind, told.terms)) != campaign.terms:
        fixed.append(Problem("terms", FixedByNow.words()))
    if told.ends_at < campaign.ends_at:
        why = gettext("A campaign that runs can end later, not earlier; or be closed.")
        fixed.append(Problem("ends_at", why))
    if fixed:
        raise NotFit(fixed)


# --- prizes ---------------------------------------------------------------------------


def keep_prizes(campaign: Campaign, prizes: Iterable[Prize]) -> None:
    """In their order. Of one that may have been won only the stock can grow."""
    known = {row.pk: row for row in campaign.rewards.all()}
    named = {prize.pk for prize in prizes if prize.pk in known}
    gone = known.keys() - named
    if gone and campaign.is_launched:
        raise NotFit([Problem("prizes", FixedByNow.words())])
    campaign.rewards.filter(pk__in=gone).delete()
    campaign.rewards.update(place=F("place") + 1000)
    for place, prize in enumerate(prizes, start=1):
        row = known.get(prize.pk or 0) or Reward(campaign=campaign, left=0, initial=0)
        write_prize(row, prize, place=place, is_launched=campaign.is_launched)


def write_prize(row: Reward, prize: Prize, *, place: int, is_launched: bool) -> None:
    told = {name: getattr(prize, name) for name in OF_A_REWARD}
    told["name"], told["text"] = tidy(prize.name, 40), prize.text.strip()[:500]
    if is_launched and row.pk:
        same = told.items() >= {(n, getattr(row, n)) for n in told if n != "text"}
        if not same or prize.initial < row.initial:
            raise NotFit([Problem(f"prizes.{place - 1}.name", FixedByNow.words())])
        more = prize.initial - row.initial
        Reward.objects.filter(pk=row.pk).update(
            place=place,
            text=told["text"],
            initial=F("initial") + more,
            left=F("left") + more,
        )
    else:
        for name, value in told.items():
            setattr(row, name, value)
        row.place, row.initial, row.left = place, prize.initial, prize.initial
        row.save()
    add_codes(row, prize.codes)


def add_codes(reward: Reward, codes: Iterable[str]) -> int:
    """Those that are not there yet."""
    tidied = dict.fromkeys(tidy(code, 64) for code in codes)
    rows = [CouponCode(reward=reward, code=code) for code in tidied if code]
    before = reward.codes.count()
    CouponCode.objects.bulk_create(
        rows[:MOST_CODES], ignore_conflicts=True, batch_size=2_000
    )
    return reward.codes.count() - before


# --- copied, discarded ----------------------------------------------------------------


@transaction.atomic
def copy(*, campaign: Campaign, by: User | None, at: datetime) -> Campaign:
    """A draft with the same rules and prizes, as long as it was, from now on. Coupon
    codes are not copied: each can be given once."""
    lasts = campaign.ends_at - campaign.starts_at
    told = Told(
        **{name: getattr(campaign, name) for name in KEPT if name != "name"}
        | {"starts_at": at, "ends_at": at + lasts},
        name=name_of_copy(campaign.name),
        kind=campaign.kind,
        channel_id=campaign.channel_id,
        segment_id=campaign.segment_id,
        texts=campaign.texts,
        terms=campaign.terms,
        prizes=tuple(
            Prize(
                initial=row.initial,
                **{name: getattr(row, name) for name in OF_A_REWARD},
            )
            for row in campaign.rewards.all()
        ),
    )
    return keep(told=told, by=by, at=at)


def name_of_copy(name: str) -> str:
    taken = set(Campaign.objects.values_list("name", flat=True))
    number = 2
    while (found := f"{name[:34]} ({number})") in taken:
        number += 1
    return found


@transaction.atomic
def discard(*, campaign: Campaign, by: User | None, at: datetime) -> None:
    """A draft is taken away altogether."""
    campaign = held(campaign.pk)
    if not campaign.is_draft:
        raise NotADraft
    note(deed="deleted", by=by, at=at, about=campaign, before=told_of(campaign))
    campaign.delete()


def told_of(campaign: Campaign) -> dict[str, Any]:
    prizes = campaign.rewards.order_by("place").values(*OF_A_REWARD, "initial")
    tags = {pk: str(tag) for pk, tag in Tag.objects.in_bulk(tags_in(campaign)).items()}
    return {
        **{name: getattr(campaign, name) for name in KEPT},
        **{n: [tags.get(pk, f"#{pk}") for pk in getattr(campaign, n)] for n in TAGS},
        "kind": campaign.kind,
        "channel": campaign.channel_id,
        "segment": campaign.segment_id,
        "texts": campaign.texts,
        "terms": campaign.terms,
        "prizes": list(prizes),
    }


def tags_in(told: Campaign | Told) -> list[int]:
    return [*told.joined_tags, *told.won_tags]


def new_slug() -> str:
    return "".join(secrets.choice(SLUG) for _ in range(SLUG_LENGTH))


def tidy(text: str, most: int) -> str:
    return " ".join(text.replace("\x00", "").split())[:most]

"""Signs of cheating, each with its reason and weight; flag, never block.

Looked for are: helpers who come within minutes, or as evenly as a machine; who share a
device, an address or a number with each other or with the inviter; who leave within a
day; who help in a ring; and an inviter who was silent for months and then brings many
in a day. A weight says how much likelier the cheat is than chance. An invite whose
weights come to `FLAGGED` waits for a person (review.py).

The figures are worked out by pure functions over what is known of one invite; which
invites to look at says the fold of counts (graph.py).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import comb, log10
from statistics import mean, pstdev
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.events.models import EventRecord
from apps.referrals.models import Invite, Referral
from apps.referrals.sign_models import Sign, Trace

FLAGGED = 50
HEAVIEST = 80
AT_ONCE = 500
LISTED = 500  # referrals that one sign names
MOST_HELPERS = 2_000  # of one invite, looked at together: the latest

BURST_WITHIN = timedelta(minutes=5)
EVEN = 0.3  # deviation of the pauses, of their mean
DAY = timedelta(days=1)
LEAVE_A_DAY = 0.05  # of honest helpers
SILENT = timedelta(days=90)
WAKES_WITH = 6
LONGEST_RING = 8
KEPT_OPEN = 20  # a verdict is asked for again when a sign has grown by so much

Kind = Sign.Kind


@dataclass(frozen=True, kw_only=True)
class Helper:
    """What is known of somebody who came by the invite."""

    referral_id: int
    at: datetime
    left_at: datetime | None = None
    traces: frozenset[tuple[str, bytes]] = frozenset()
    is_in_ring: bool = False


@dataclass(frozen=True, kw_only=True)
class Picture:
    """What is known of an invite: its helpers, earliest first, and its owner."""

    helpers: Sequence[Helper]
    traces: frozenset[tuple[str, bytes]] = frozenset()
    issued_at: datetime | None = None
    silent_for: timedelta | None = None
    seen: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Found:
    """A sign: how heavy, by what figures, and about whom."""

    kind: str
    weight: int
    seen: dict[str, Any]
    referrals: Sequence[int]


# --- the signs ------------------------------------------------------------------------


def burst(picture: Picture) -> Iterable[Found]:
    """Many within minutes; a chat group brings some at once, but not evenly."""
    helpers = picture.helpers
    if len(helpers) < 5:
        return
    most: Sequence[Helper] = ()
    start = 0
    for end, helper in enumerate(helpers):
        while helper.at - helpers[start].at > BURST_WITHIN:
            start += 1
        if end - start + 1 > len(most):
            most = helpers[start : end + 1]
    weight = {5: 10, 6: 15, 7: 20, 8: 30, 9: 40}.get(len(most), 0)
    if len(most) >= 10:
        weight = 60
    about, even = most, evenness(helpers)
    if even is not None and even < EVEN:
        weight, about = weight + 50, helpers
    if weight:
        yield Found(
            kind=Kind.BURST,
            weight=min(weight, HEAVIEST),
            seen={
                "helpers": len(most),
                "minutes": 5,
                "even": None if even is None else round(even, 2),
            },
            referrals=numbers(about),
        )


def evenness(helpers: Sequence[Helper]) -> float | None:
    """How far the pauses deviate, of their mean; people's do by as much as they are."""
    pauses = [
        (b.at - a.at).total_seconds()
        for a, b in zip(helpers, helpers[1:], strict=False)
    ]
    if len(pauses) < 7 or not mean(pauses):
        return None
    return pstdev(pauses) / mean(pauses)


def alike(picture: Picture) -> Iterable[Found]:
    """Several on one device or address, or with one number."""
    by_trace: dict[tuple[str, bytes], list[Helper]] = defaultdict(list)
    for helper in picture.helpers:
        for trace in helper.traces:
            by_trace[trace].append(helper)
    groups: dict[str, list[list[Helper]]] = defaultdict(list)
    for (kind, _digest), group in by_trace.items():
        if len(group) > 1:
            groups[kind].append(group)
    device = worst(groups[Trace.Kind.DEVICE], [(2, 10), (3, 50), (4, 70), (6, 80)])
    address = worst(groups[Trace.Kind.ADDRESS], [(4, 10), (6, 25), (8, 50), (12, 70)])
    weight = min(max(device, address) + min(device, address) // 2, HEAVIEST)
    if weight:
        both = [*groups[Trace.Kind.DEVICE], *groups[Trace.Kind.ADDRESS]]
        yield Found(
            kind=Kind.SAME_DEVICE,
            weight=weight,
            seen={
                "on_one_device": largest(groups[Trace.Kind.DEVICE]),
                "on_one_address": largest(groups[Trace.Kind.ADDRESS]),
            },
            referrals=numbers(helper for group in both for helper in group),
        )
    phones = groups[Trace.Kind.PHONE]
    if weight := worst(phones, [(2, 30), (3, 70)]):
        yield Found(
            kind=Kind.SAME_PHONE,
            weight=weight,
            seen={"with_one_number": largest(phones)},
            referrals=numbers(helper for group in phones for helper in group),
        )


def worst(groups: Sequence[Sequence[Helper]], steps: Sequence[tuple[int, int]]) -> int:
    """By the largest of them; several groups together weigh like a larger one."""
    many = largest(groups) + max(len([g for g in groups if len(g) > 1]) - 1, 0) // 2
    return max((weight for size, weight in steps if many >= size), default=0)


def largest(groups: Sequence[Sequence[Helper]]) -> int:
    return max(map(len, groups), default=0)


def left_at_once(picture: Picture) -> Iterable[Found]:
    """So many of so many within a day: how unlikely is that by chance?"""
    gone = [
        helper
        for helper in picture.helpers
        if helper.left_at and helper.left_at - helper.at <= DAY
    ]
    of = len(picture.helpers)
    if len(gone) < 3:
        return
    weight = min(int(-12 * log10(chance_of(len(gone), of))), HEAVIEST)
    if weight >= 10:
        yield Found(
            kind=Kind.LEFT_AT_ONCE,
            weight=weight,
            seen={"left": len(gone), "helpers": of, "hours": 24},
            referrals=numbers(gone),
        )


def chance_of(many: int, of: int, *, each: float = LEAVE_A_DAY) -> float:
    """That at least so many of so many leave, if each does by chance."""
    fewer = sum(
        comb(of, k) * each**k * (1 - each) ** (of - k) for k in range(min(many, 200))
    )
    return max(1 - fewer, 1e-12)


def ring(picture: Picture) -> Iterable[Found]:
    """Who helps whoever, by way of others, helps them."""
    around = [helper for helper in picture.helpers if helper.is_in_ring]
    if around:
        yield Found(
            kind=Kind.RING,
            weight=min(60 + 10 * (len(around) - 1), HEAVIEST),
            seen={"helpers": len(around)},
            referrals=numbers(around),
        )


def second_self(picture: Picture) -> Iterable[Found]:
    """Helpers on the inviter's own device, or with their number."""
    shared = {
        kind: [
            helper
            for helper in picture.helpers
            if any(t in picture.traces for t in helper.traces if t[0] == kind)
        ]
        for kind in (Trace.Kind.DEVICE, Trace.Kind.PHONE)
    }
    device, phone = shared[Trace.Kind.DEVICE], shared[Trace.Kind.PHONE]
    weight = {0: 0, 1: 25}.get(len(device), 60 + 5 * len(device))
    weight += 70 if phone else 0
    if weight:
        yield Found(
            kind=Kind.SECOND_SELF,
            weight=min(weight, HEAVIEST),
            seen={"on_their_device": len(device), "with_their_number": len(phone)},
            referrals=numbers([*device, *phone]),
        )


def woke_up(picture: Picture) -> Iterable[Found]:
    """Silent for months, and then many within a day."""
    silent = picture.silent_for
    if silent is None or silent < SILENT or not picture.helpers:
        return
    first = picture.helpers[0].at
    quickly = [helper for helper in picture.helpers if helper.at - first <= DAY]
    if len(quickly) >= WAKES_WITH:
        yield Found(
            kind=Kind.WOKE_UP,
            weight=min(20 + 4 * len(quickly), 70),
            seen={"days": silent.days, "helpers": len(quickly), "hours": 24},
            referrals=numbers(quickly),
        )


SIGNS = (burst, alike, left_at_once, ring, second_self, woke_up)


def signs_of(picture: Picture) -> list[Found]:
    return [found for sign in SIGNS for found in sign(picture)]


def suspicion_of(found: Iterable[Found]) -> int:
    return sum(each.weight for each in found)


def numbers(helpers: Iterable[Helper]) -> list[int]:
    """Their referrals, each once."""
    return list(dict.fromkeys(helper.referral_id for helper in helpers))[:LISTED]


# --- what is known of an invite -------------------------------------------------------


def picture_of(invite: Invite) -> Picture:
    rows = Referral.objects.filter(invite=invite).order_by("-at", "-pk")
    referrals = sorted(rows[:MOST_HELPERS], key=lambda row: (row.at, row.pk))
    people = [row.contact_id for row in referrals]
    traces: dict[int, set[tuple[str, bytes]]] = defaultdict(set)
    told = Trace.objects.filter(
        campaign=invite.campaign_id, contact__in=[*people, invite.contact_id]
    )
    for contact_id, kind, digest in told.values_list("contact", "kind", "digest"):
        traces[contact_id].add((kind, bytes(digest)))
    above = helped_by(invite)
    return Picture(
        helpers=[
            Helper(
                referral_id=row.pk,
                at=row.at,
                left_at=row.left_at,
                traces=frozenset(traces[row.contact_id]),
                is_in_ring=row.contact_id in above,
            )
            for row in referrals
        ],
        traces=frozenset(traces[invite.contact_id]),
        issued_at=invite.issued_at,
        silent_for=silent_before(invite),
    )


def helped_by(invite: Invite) -> set[int]:
    """Whom the inviter helped, whom those helped, and so on: contacts."""
    found: set[int] = set()
    who = invite.contact_id
    for _step in range(LONGEST_RING):
        rows = Referral.objects.filter(campaign=invite.campaign_id, contact=who)
        above = rows.values_list("invite__contact", flat=True).first()
        if above is None or above in found:
            break
        found.add(above)
        who = above
    return found - {invite.contact_id}


def silent_before(invite: Invite) -> timedelta | None:
    """For how long nothing was heard of the inviter, before they took part."""
    heard = EventRecord.objects.filter(
        contact=invite.contact_id, at__lt=invite.issued_at - DAY
    ).exclude(kind="TallyChanged")
    last = heard.aggregate(last=Max("at"))["last"]
    return invite.issued_at - last if last else None


# --- what is written ------------------------------------------------------------------


@transaction.atomic
def look_at(invite: Invite, *, at: datetime) -> list[Sign]:
    """Write the signs there are now. What a person has decided stays decided, unless a
    sign has grown since; what is not seen any more goes, if nobody decided on it."""
    found = {each.kind: each for each in signs_of(picture_of(invite))}
    held = {sign.kind: sign for sign in Sign.objects.filter(invite=invite)}
    for kind, sign in held.items():
        if kind not in found and not sign.verdict:
            sign.delete()
    for kind, each in found.items():
        write(invite, held.get(kind), each, at=at)
    weigh(invite)
    Invite.objects.filter(pk=invite.pk, look_at=invite.look_at).update(look_at=None)
    return list(Sign.objects.filter(invite=invite))


def write(invite: Invite, sign: Sign | None, each: Found, *, at: datetime) -> None:
    seen = each.seen | {"referrals": list(each.referrals)}
    if sign is None:
        told = {"weight": each.weight, "seen": seen, "at": at}
        Sign.objects.create(invite=invite, kind=each.kind, **told)
        return
    more = set(each.referrals) - set(sign.seen.get("referrals", ()))
    before = len(sign.seen.get("referrals", ()))
    grown = each.weight >= sign.weight + KEPT_OPEN or len(each.referrals) >= 2 * before
    asks_again = bool(more) and (grown or sign.verdict == Sign.Verdict.VOIDED)
    if sign.verdict and not asks_again:
        return
    sign.weight, sign.seen, sign.verdict, sign.at = each.weight, seen, "", at
    sign.save(update_fields=["weight", "seen", "verdict", "at"])


def weigh(invite: Invite) -> None:
    signs = Sign.objects.filter(invite=invite).exclude(verdict=Sign.Verdict.ACCEPTED)
    weights = Counter(dict(signs.values_list("kind", "weight")))
    Invite.objects.filter(pk=invite.pk).update(suspicion=weights.total())


def look_at_those_changed(*, at: datetime) -> int:
    """Invites of which something is new since they were looked at."""
    rows = Invite.objects.filter(look_at__lte=at).order_by("look_at", "pk")
    many = 0
    for invite in rows[:AT_ONCE]:
        look_at(invite, at=at)
        many += 1
    return many

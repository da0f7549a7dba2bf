"""Ready-made campaigns: of each kind one that can be launched after a look at it."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from apps.campaigns.keep import Prize, Told
from apps.campaigns.kinds import KINDS, told_terms
from apps.campaigns.models import Campaign, Reward

Kind, Prizes = Campaign.Kind, Reward.Kind
LASTS = timedelta(days=14)
QUARTER = timedelta(minutes=15)


def ready(kind: str, *, at: datetime) -> Told:
    """What the form opens with."""
    starts_at = rounded(timezone.localtime(at))
    every: dict[str, dict[str, Any]] = {
        Kind.REFERRAL: {"settle_hours": 24},
        Kind.GROUP: {"settle_hours": 24},
        Kind.BARGAIN: {
            "terms": {"price": 19_900, "floor": 990, "helpers": 10},
            "award": Campaign.Award.CLAIMED,
        },
        Kind.VISIT: {"joins_by_entry": True},
        Kind.COUPON: {"joins_by_entry": True},
        Kind.GROUP_BUY: {"terms": {"size": 3, "hours": 24}},
    }
    more = every.get(kind, {})
    name = f"{Kind(kind).label} {starts_at:%m-%d}"
    told = Told(
        kind=kind,
        name=name,
        starts_at=starts_at,
        ends_at=(starts_at + LASTS).replace(hour=23, minute=59),
        prizes=prizes_of(kind),
        **more,
    )
    return with_rules(told)


def rounded(at: datetime) -> datetime:
    """To the quarter of an hour that has begun."""
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0)


def prizes_of(kind: str) -> tuple[Prize, ...]:
    points, manual = Prizes.POINTS, Prizes.MANUAL
    match kind:
        case Kind.REFERRAL | Kind.GROUP:
            return (
                Prize(
                    name=gettext("100 points"),
                    kind=points,
                    points=100,
                    needed=3,
                    initial=500,
                ),
                Prize(name=gettext("Cup"), kind=manual, needed=8, initial=100),
                Prize(
                    name=gettext("Gift box"),
                    kind=Prizes.PHYSICAL,
                    needed=20,
                    initial=20,
                ),
            )
        case Kind.LOTTERY | Kind.POINTS_DRAW:
            return (
                Prize(
                    name=gettext("Gift box"),
                    kind=Prizes.PHYSICAL,
                    initial=5,
                    weight=20,
                ),
                Prize(name=gettext("Cup"), kind=manual, initial=50, weight=500),
                Prize(
                    name=gettext("20 points"),
                    kind=points,
                    points=20,
                    initial=2000,
                    per_person=10,
                    weight=5000,
                ),
            )
        case Kind.BARGAIN:
            name = gettext("May buy at the lowest price")
            return (Prize(name=name, kind=manual, needed=10, initial=50),)
        case Kind.GROUP_BUY:
            name = gettext("100 points")
            return (Prize(name=name, kind=points, points=100, initial=300),)
        case Kind.COUPON:
            name = gettext("Coupon code")
            return (Prize(name=name, kind=Prizes.COUPON, initial=100),)
    return (Prize(name=gettext("Gift in the shop"), kind=manual, initial=200),)


def with_rules(told: Told) -> Told:
    return Told(**{**told.__dict__, "rules": "\n".join(rules_of(told))})


def rules_of(told: Told) -> list[str]:
    """The rules in words, as they follow from what is set."""
    helpers = KINDS[told.kind].has_helpers
    first, last = (timezone.localtime(at) for at in (told.starts_at, told.ends_at))
    words = gettext("Time: from %(first)s to %(last)s.")
    lines = [words % {"first": f"{first:%m-%d %H:%M}", "last": f"{last:%m-%d %H:%M}"}]
    if helpers:
        lines.append(
            gettext(
                "Send your code to friends; a friend who scans it and adds us helps."
            )
        )
        if told.new_friends_only:
            lines.append(gettext("Only those count who were not our friend before."))
        once = told.helps == Campaign.Helps.ONCE
        lines.append(
            gettext("Everybody can help once, in all campaigns together.")
            if once
            else gettext("Everybody can help once in this campaign.")
        )
        if not told.mutual_help:
            lines.append(gettext("Two cannot help each other."))
        if told.settle_hours:
            words = gettext("A helper counts who is still our friend after %s hours.")
            lines.append(words % told.settle_hours)
        lines.append(str(DEDUCTION[told.deduction]()))
    lines += of_its_kind(told)
    lines.append(gettext("Prizes are given while stock lasts, in order of arrival."))
    return [f"{number}. {line}" for number, line in enumerate(lines, start=1)]


def of_its_kind(told: Told) -> list[str]:
    terms: Any = told_terms(told.kind, told.terms)
    match told.kind:
        case Kind.GROUP:
            return [gettext("A friend must also join our group to count.")]
        case Kind.LOTTERY:
            words = gettext(
                "%(free)s draws for nothing, one more for every %(helps)s friends, "
                "%(most)s at most."
            )
            return [words % terms.__dict__]
        case Kind.POINTS_DRAW:
            words = gettext("A draw costs %(points)s points, %(a_day)s a day at most.")
            return [words % terms.__dict__]
        case Kind.BARGAIN:
            words = gettext(
                "%(helpers)s friends bring the price from %(from)s to %(to)s."
            )
            prices = {"from": yuan(terms.price), "to": yuan(terms.floor)}
            return [words % {"helpers": terms.helpers, **prices}]
        case Kind.GROUP_BUY:
            words = gettext("%(size)s must pay within %(hours)s hours of the opening.")
            return [words % terms.__dict__]
    return []


def yuan(fen: int) -> str:
    return f"¥{fen / 100:,.2f}"


DEDUCTION: dict[str, Callable[[], str]] = {
    Campaign.Deduction.NEVER: lambda: gettext("A helper who leaves still counts."),
    Campaign.Deduction.BEFORE_AWARD: lambda: gettext(
        "A helper who leaves is deducted; what you have won is yours."
    ),
    Campaign.Deduction.UNLESS_DELIVERED: lambda: gettext(
        "A helper who leaves is deducted; a prize that is not handed out yet is lost "
        "if too few are left."
    ),
}

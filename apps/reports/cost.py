"""What was spent on a channel or a campaign, from one day to another.

media      what somebody entered, and the cost per day of a channel code for each day
           since it was first published
rewards    what somebody entered, and what prizes cost us that were won in these days
           and not taken back
time       employees' time, as somebody entered it

An entry is spread evenly over its days; only the days that are asked for count.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Sum

from apps.audit.note import note as audited
from apps.campaigns.models import Campaign, Grant
from apps.channels.models import Channel
from apps.common.errors import Refused
from apps.common.filters import midnight
from apps.common.wording import money
from apps.reports.models import MOST, Cost
from apps.staff.models import User

LONGEST = 3 * 366  # days of one entry
Spent = Mapping[int, Counter[str]]  # fen by kind, for each


class BadCost(Refused):
    """An amount of yuan such as 1200 or 99.50, for one channel or one campaign, from a
    first day to a last: three years at most."""

    code = "bad_cost"


@transaction.atomic
def enter_cost(
    *,
    kind: str,
    of: Channel | Campaign | None,
    first_on: date | None,
    last_on: date | None,
    amount: int | None,
    note: str,
    by: User,
    at: datetime,
    cost: Cost | None = None,
) -> Cost:
    """A new entry, or what is put right in one."""
    if kind not in Cost.Kind.values or of is None or not amount or amount > MOST:
        raise BadCost
    if first_on is None or last_on is None or last_on < first_on:
        raise BadCost
    if (last_on - first_on).days >= LONGEST:
        raise BadCost
    before = words_of(cost) if cost else {}
    kept = cost or Cost(made_by=by, made_at=at)
    kept.kind, kept.amount = kind, amount
    kept.channel = of if isinstance(of, Channel) else None
    kept.campaign = of if isinstance(of, Campaign) else None
    kept.first_on, kept.last_on = first_on, last_on
    kept.note = note.replace("\0", "").strip()[:100]
    kept.save()
    after = words_of(kept)
    if before != after:
        deed = "changed" if before else "added"
        audited(deed=deed, about=kept, before=before, after=after, by=by, at=at)
    return kept


@transaction.atomic
def strike_cost(*, cost: Cost, by: User, at: datetime) -> None:
    audited(deed="deleted", about=cost, before=words_of(cost), by=by, at=at)
    cost.delete()


def words_of(cost: Cost) -> dict[str, Any]:
    return {
        "kind": str(cost.get_kind_display()),
        "spent_on": str(cost.of),
        "first_on": str(cost.first_on),
        "last_on": str(cost.last_on),
        "amount": money(cost.amount),
        "note": cost.note,
    }


# --- what it comes to -----------------------------------------------------------------


def spent_on(model: type[Channel | Campaign], *, first: date, last: date) -> Spent:
    """By kind, in fen, for each of them on which anything was spent."""
    found: dict[int, Counter[str]] = defaultdict(Counter)
    name = str(model._meta.model_name)
    entries = Cost.objects.filter(last_on__gte=first, first_on__lte=last)
    for entry in entries.filter(**{f"{name}__isnull": False}):
        part = days_in(entry.first_on, entry.last_on, first=first, last=last)
        days = (entry.last_on - entry.first_on).days + 1
        number = getattr(entry, f"{name}_id")
        found[number][entry.kind] += round(entry.amount * part / days)
    more = by_the_day if model is Channel else won
    for number, kind, fen in more(first=first, last=last):
        found[number][kind] += fen
    return {number: kinds for number, kinds in found.items() if kinds.total()}


def days_in(begins: date, ends: date, *, first: date, last: date) -> int:
    """How many days of a span lie within another."""
    return max((min(ends, last) - max(begins, first)).days + 1, 0)


def by_the_day(*, first: date, last: date) -> Iterable[tuple[int, str, int]]:
    codes = Channel.objects.filter(
        cost_per_day__gt=0, first_published_at__lt=midnight(last + timedelta(days=1))
    )
    rows = codes.values_list("pk", "cost_per_day", "first_published_at")
    for number, fen, since in rows:
        assert fen is not None and since is not None  # as the filter says
        begins = since.astimezone(midnight(first).tzinfo).date()
        days = days_in(begins, last, first=first, last=last)
        yield number, Cost.Kind.MEDIA, fen * days


def won(*, first: date, last: date) -> Iterable[tuple[int, str, int]]:
    grants = Grant.objects.live().filter(
        granted_at__gte=midnight(first),
        granted_at__lt=midnight(last + timedelta(days=1)),
        reward__value__gt=0,
    )
    sums = (
        grants.order_by()
        .values("reward__campaign")
        .annotate(fen=Sum(F("reward__value")))
    )
    for row in sums:
        yield row["reward__campaign"], Cost.Kind.REWARDS, row["fen"]

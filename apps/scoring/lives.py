"""Every night: the histories of all who bought, a fit to them, and what it foretells.

Purchases of one day are one, as in the papers. The fit needs no more than a sample of
customers; it is checked against weeks that it has not seen.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from apps.orders.rule_fields import COUNTS
from apps.rules.algebra import PACKED, packs
from apps.scoring.lifetime import (
    Buying,
    Lives,
    Numbers,
    Spending,
    TooFewCameBack,
    fit_buying,
    fit_spending,
)
from apps.scoring.models import LifetimeFit

WEEK = 7
YEAR = 52  # weeks that are foretold
UNSEEN = 26  # weeks that are kept from the fit that is checked
SAMPLE = 50_000  # customers
KEPT = 24  # fits
LUMP = 20_000  # rows of one statement
EPOCH = date(1970, 1, 1)

# An order counts once it is paid, without what was given back (orders/rule_fields.py).
READ = f"""
WITH days AS (
    SELECT row.contact_id, (row.paid_at AT TIME ZONE %(zone)s)::date AS day,
        sum(row.amount - row.refunded_amount) AS fen
    FROM orders_order AS row
    WHERE row.contact_id IS NOT NULL AND {COUNTS} AND row.paid_at < %(end)s
    GROUP BY 1, 2
), buyers AS (
    SELECT contact_id, (count(*) - 1)::int AS repeats, max(day) - min(day) AS last,
        min(day) - DATE '1970-01-01' AS first,
        (sum(fen) - (array_agg(fen ORDER BY day))[1])::bigint AS fen
    FROM days GROUP BY 1
)
SELECT {PACKED}, {packs("repeats")}, {packs("last")}, {packs("first")},
    string_agg(int8send(fen), ''::bytea)
FROM buyers
"""
BY_DAY = f"""
SELECT day - DATE '1970-01-01', count(*) FROM (
    SELECT DISTINCT row.contact_id, (row.paid_at AT TIME ZONE %s)::date AS day
    FROM orders_order AS row WHERE row.contact_id = ANY(%s) AND {COUNTS}
) AS days GROUP BY 1
"""
WRITE = """
INSERT INTO scoring_lifetime AS kept (contact_id, alive, expected, value, day)
SELECT contact, alive, expected, value, %(day)s FROM unnest(
    %(contacts)s::bigint[], %(alive)s::smallint[], %(expected)s::numeric[],
    %(value)s::bigint[]
) AS told (contact, alive, expected, value)
WHERE EXISTS (SELECT FROM contacts_contact AS contact WHERE contact.id = told.contact)
ON CONFLICT (contact_id) DO UPDATE SET alive = excluded.alive,
    expected = excluded.expected, value = excluded.value, day = excluded.day
WHERE (kept.alive, kept.expected, kept.value)
    IS DISTINCT FROM (excluded.alive, excluded.expected, excluded.value)
"""
FORGET = f"""
DELETE FROM scoring_lifetime AS kept WHERE NOT EXISTS (
    SELECT FROM orders_order AS row WHERE row.contact_id = kept.contact_id AND {COUNTS}
)
"""


@dataclass(frozen=True)
class Buyers:
    """All who have bought, one place each. Days are counted from 1970."""

    contacts: Any
    repeats: Numbers
    last: Numbers  # days from the first purchase to the last
    first: Numbers
    fen: Numbers  # spent after the first day

    def until(self, day: date) -> "tuple[Numbers, Numbers, Numbers]":
        age = ((day - EPOCH).days - self.first) / WEEK
        return self.repeats, self.last / WEEK, age


def buyers(*, until: date) -> Buyers:
    """As they were at the end of this day."""
    zone = timezone.get_current_timezone_name()
    end = datetime.combine(until + timedelta(days=1), datetime.min.time())
    told: dict[str, Any] = {"zone": zone, "end": timezone.make_aware(end)}
    with connection.cursor() as cursor:
        cursor.execute(READ, told)
        *four, fen = (bytes(each or b"") for each in cursor.fetchone())
    contacts, repeats, last, first = (np.frombuffer(each, ">i4") for each in four)
    return Buyers(
        contacts.astype(int),
        repeats.astype(float),
        last.astype(float),
        first.astype(float),
        np.frombuffer(fen, ">i8").astype(float),
    )


def reckon(*, at: datetime) -> LifetimeFit:
    """Fit anew, check the fit, and write down what it says of everybody."""
    today = timezone.localdate(at)
    everybody = buyers(until=today)
    fit = LifetimeFit(
        fitted_at=at,
        day=today,
        customers=len(everybody.contacts),
        came_back=int((everybody.repeats > 0).sum()),
    )
    buying, spending = fitted_to(everybody, today=today)
    fit.r, fit.alpha, fit.a, fit.b = buying.r, buying.alpha, buying.a, buying.b
    if spending:
        fit.p, fit.q, fit.gamma = spending.p, spending.q, spending.gamma
    check(fit, today=today)
    with transaction.atomic():
        fit.save()
        old = LifetimeFit.objects.order_by("-fitted_at").values_list("pk")[KEPT:]
        LifetimeFit.objects.filter(pk__in=[pk for (pk,) in old]).delete()
    write(everybody, buying, spending, today=today)
    return fit


def fitted_to(everybody: Buyers, *, today: date) -> tuple[Buying, Spending | None]:
    chosen = sample(len(everybody.contacts))
    x, last, age = (each[chosen] for each in everybody.until(today))
    buying = fit_buying(Lives.of(x, last, age))
    fen = everybody.fen[chosen]
    spends = (x > 0) & (fen > 0)
    try:
        return buying, fit_spending(x[spends], fen[spends] / x[spends])
    except TooFewCameBack:
        return buying, None


def sample(many: int) -> Any:
    """The same ones every night, so that parameters move with the orders alone."""
    if many <= SAMPLE:
        return np.arange(many)
    return np.sort(np.random.default_rng(1).choice(many, SAMPLE, replace=False))


# --- to check it ----------------------------------------------------------------------


def check(fit: LifetimeFit, *, today: date) -> None:
    """A fit that knows nothing of the last half year is compared with it."""
    known = today - timedelta(weeks=UNSEEN)
    then = buyers(until=known)
    try:
        buying, _spending = fitted_to(then, today=known)
    except TooFewCameBack:
        return
    weeks, happened = tracked(then, until=today)
    expected = foretold(buying, then.first, weeks)
    fit.known_until = known
    fit.tracking = [
        [str(EPOCH + timedelta(days=int(week))), int(one), round(float(other), 1)]
        for week, one, other in zip(weeks, happened, expected, strict=True)
    ]
    unseen = weeks > (known - EPOCH).days
    fit.error = error(happened[unseen], expected[unseen])


def error(happened: Numbers, expected: Numbers) -> float | None:
    """The mean of the relative differences (MAPE)."""
    there = happened > 0
    if not there.any():
        return None
    return float(np.mean(np.abs(expected[there] / happened[there] - 1)))


def tracked(then: Buyers, *, until: date) -> tuple[Any, Numbers]:
    """Ends of weeks up to this day, and how often these customers had come back."""
    end = (until - EPOCH).days
    begin = int(then.first.min()) if len(then.first) else end
    weeks = np.arange(end, max(begin, end - 3 * YEAR * WEEK), -WEEK)[::-1]
    with connection.cursor() as cursor:
        zone = timezone.get_current_timezone_name()
        cursor.execute(BY_DAY, [zone, then.contacts.tolist()])
        by_day = np.array(cursor.fetchall() or [(0, 0)], float)
    purchases = np.array([by_day[by_day[:, 0] <= week, 1].sum() for week in weeks])
    firsts = np.array([(then.first <= week).sum() for week in weeks])
    return weeks, purchases - firsts


def foretold(buying: Buying, first: Numbers, weeks: Any) -> Numbers:
    """How often they were expected to have come back by the end of each week."""
    days, often = np.unique(first, return_counts=True)
    ages = np.maximum(weeks[:, None] - days[None, :], 0) / WEEK
    return np.asarray(buying.first_weeks(ages) @ often, float)


# --- to write it down -----------------------------------------------------------------


def write(
    everybody: Buyers, buying: Buying, spending: Spending | None, *, today: date
) -> None:
    """Only what has changed; who has no order any more has no lifetime."""
    x, last, age = everybody.until(today)
    alive = np.rint(buying.alive(x, last, age) * 100).astype(int)
    expected = np.round(buying.expected(YEAR, x, last, age), 2)
    value = None
    if spending and spending.q > 1:
        mean = np.divide(everybody.fen, x, out=np.zeros_like(x), where=x > 0)
        value = np.rint(spending.expected(x, np.maximum(mean, 0)) * expected)
    with connection.cursor() as cursor:
        for lump in batched(range(len(everybody.contacts)), LUMP):
            of = slice(lump[0], lump[-1] + 1)
            told = {
                "contacts": everybody.contacts[of].tolist(),
                "alive": alive[of].tolist(),
                "expected": expected[of].tolist(),
                "value": [None] * len(lump)
                if value is None
                else value[of].astype(int).tolist(),
                "day": today,
            }
            with transaction.atomic():
                cursor.execute(WRITE, told)
        cursor.execute(FORGET)

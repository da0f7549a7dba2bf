"""Who has a row on which day, packed: a sheet for each day that is over, and each key.

"Three times in thirty days" would count a hundred thousand rows whenever somebody
types. A sheet holds the contacts of one day's rows, four bytes each, as often as they
have one; so a window of thirty days is thirty short columns of numbers.

A sheet is never changed. Triggers write down which moments are spoilt, in the
transaction that changes a row; who reads passes over the day of such a moment, and over
days without a sheet, and looks at the rows themselves. One statement tells all, so that
what is read is exact. Whoever folds throws spoilt days away, and makes them anew.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import batched
from math import ceil, floor
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.common.filters import midnight
from apps.rules.algebra import Shortcut, packs
from apps.rules.facts import PATIENCE, TURN
from apps.rules.in_memory import at_least
from apps.rules.models import Sheet

type Span = tuple[datetime, datetime]

LUMP = 30  # days that one statement makes
KEPT = 400  # days for which there are sheets
SETTLED = timedelta(hours=12)  # after a day; triggers tell what is half as old
ONE = timedelta(days=1)
NEVER = date(9999, 12, 31)


@dataclass(frozen=True, kw_only=True)
class Days:
    """The rows of a topic that have a moment; `option` is the one that asks for a key,
    if they have one."""

    topic: str
    table: str
    contact: str
    at: str
    key: str = ""
    option: str = ""


DAYS: dict[str, Days] = {}


def sheets_of(days: Days) -> None:
    """From now on sheets of this topic are kept."""
    DAYS[days.topic] = days


# --- to read --------------------------------------------------------------------------

READ = """
SELECT CASE WHEN whole.id IS NULL
    THEN (SELECT {packed} FROM {table}
        WHERE {at} >= day.begins AND {at} < day.ends AND {contact} IS NOT NULL {keyed})
    ELSE sheet.contacts END, NULL::bytea
FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS day (begins, ends)
LEFT JOIN rules_sheet AS whole ON whole.topic = '{topic}' AND whole.key = ''
    AND whole.begins = day.begins AND whole.ends = day.ends
    AND NOT EXISTS (SELECT FROM rules_spoilt AS spoilt WHERE spoilt.topic = '{topic}'
        AND spoilt.at >= day.begins AND spoilt.at < day.ends)
LEFT JOIN rules_sheet AS sheet ON sheet.topic = '{topic}' AND sheet.key = %(key)s
    AND sheet.begins = day.begins AND sheet.ends = day.ends
"""
LATER = """
UNION ALL SELECT NULL::bytea, (SELECT {packed} FROM {table}
    WHERE {at} >= %(later)s AND {contact} IS NOT NULL {keyed})
"""


def counted(
    topic: str, op: str, value: Any, options: dict[str, Any], *, today: date
) -> Shortcut | None:
    """Whoever has at least, or more than, so many rows in a span of days."""
    days, within = DAYS.get(topic), options.get("within")
    if not days or not within or options.keys() - {"within"} != key_of(days):
        return None
    first, last = within.ends(today)
    if first is None or op not in ("at_least", "at_most"):
        return None
    least = ceil(value) if op == "at_least" else floor(value) + 1
    if least < 1:
        return None
    return shortcut(days, first, last, today=today, options=options, least=least)


def lately(
    topic: str, op: str, value: Any, options: dict[str, Any], *, today: date
) -> Shortcut | None:
    """Whoever has their last row in the last so many days, or since a day."""
    days = DAYS.get(topic)
    if not days or options.keys() != key_of(days):
        return None
    if op == "since":
        return shortcut(days, value, None, today=today, options=options)
    if op == "last_days":
        first = today - timedelta(days=value - 1)
        return shortcut(days, first, today, today=today, options=options, is_last=True)
    return None


def key_of(days: Days) -> set[str]:
    return {days.option} if days.option else set()


def shortcut(
    days: Days,
    first: date,
    last: date | None,
    *,
    today: date,
    options: dict[str, Any],
    least: int = 1,
    is_last: bool = False,
) -> Shortcut | None:
    """By way of the sheets; without a `last` day whatever comes counts as well."""
    spans = list(each_day(first, last or today))
    if not spans or len(spans) > KEPT:
        return None
    if last is None:
        spans.append((spans[-1][1], midnight(NEVER)))
    sql = READ + (LATER if is_last else "")
    held = bounds_of(spans) | {"key": options.get(days.option, "")}
    return Shortcut(
        sql=sql.format(**parts_of(days)),
        parameters=held | ({"later": spans[-1][1]} if is_last else {}),
        reads=at_least(least),
    )


def parts_of(days: Days) -> dict[str, str]:
    return {
        "topic": days.topic,
        "table": days.table,
        "contact": days.contact,
        "at": days.at,
        "packed": packs(days.contact),
        "keyed": f"AND {days.key} = %(key)s" if days.key else "",
    }


def bounds_of(spans: Sequence[Span]) -> dict[str, Any]:
    return {
        "begins": [begins for begins, _ends in spans],
        "ends": [ends for _begins, ends in spans],
    }


def each_day(first: date, last: date) -> Iterator[Span]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        yield midnight(day), midnight(day + ONE)


# --- to keep them ---------------------------------------------------------------------

FOLD = """
WITH spoilt AS (DELETE FROM rules_spoilt RETURNING topic, at)
DELETE FROM rules_sheet AS sheet USING spoilt WHERE sheet.topic = spoilt.topic
    AND spoilt.at >= sheet.begins AND spoilt.at < sheet.ends
"""
# What is written while this reads is spoilt, and stays so until the next fold.
MAKE = """
INSERT INTO rules_sheet (topic, key, begins, ends, contacts)
SELECT '{topic}', {of}, day.begins, day.ends, {packed}
FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS day (begins, ends)
JOIN {table} ON {at} >= day.begins AND {at} < day.ends AND {contact} IS NOT NULL
GROUP BY {of}, day.begins, day.ends
ON CONFLICT DO NOTHING
"""
WHOLE = """
INSERT INTO rules_sheet (topic, key, begins, ends)
SELECT '{topic}', '', day.begins, day.ends
FROM unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS day (begins, ends)
ON CONFLICT DO NOTHING
"""


def fold() -> None:
    """In the turn of whoever folds: spoilt days go."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD)


def complete(*, patience: float = PATIENCE) -> None:
    """Go on for some seconds with days that have no sheets. Nobody folds meanwhile."""
    until = time.monotonic() + patience
    settled = moment() - SETTLED
    last = timezone.localdate(settled) - ONE
    first = last - timedelta(days=KEPT)
    Sheet.objects.filter(begins__lt=midnight(first)).delete()
    for days in DAYS.values():
        there = set(
            Sheet.objects.filter(topic=days.topic, key="").values_list("begins", "ends")
        )
        missing = [day for day in each_day(first, last) if day not in there]
        for lump in reversed(list(batched(missing, LUMP))):
            if time.monotonic() < until:
                make(days, lump)


def make(days: Days, spans: Sequence[Span]) -> None:
    held = bounds_of(spans)
    parts = parts_of(days) | {"of": days.key or "''::text"}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_xact_lock({TURN})")
        cursor.execute(MAKE.format(**parts), held)
        cursor.execute(WHOLE.format(**parts), held)


def moment() -> datetime:
    """By the clock that the triggers go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]

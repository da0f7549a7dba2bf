"""The paths that contacts walked to a conversion, put together by the database.

Conversions of a period are joined with the touches in the days before each. Paths that
are alike are counted together: the same keys in the same order, and as many whole days
apart. So the models work over some thousand paths, however many contacts there are.

Whoever was touched in the period and did not convert walked a path as well; a touch in
it counts once for them, without a window.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import OperationalError, connections, transaction

from apps.common.errors import Refused
from apps.common.filters import midnight
from apps.common.replica import from_the_replica
from apps.contacts.models import Contact
from apps.reports.attribution import Path
from apps.reports.touches import GOALS, KINDS, Goal, Kind
from apps.staff.models import User

LONGEST = 12_000  # milliseconds of a statement while somebody waits

CONVERSIONS = """
WITH conversion AS MATERIALIZED ({goal} {seen}),
touched AS (
    SELECT conversion.what, touch.key, touch.at,
        max(touch.at) OVER (PARTITION BY conversion.what) AS last
    FROM conversion JOIN ({touches}) AS touch
        ON touch.contact_id = conversion.contact_id
        AND touch.at <= conversion.at AND touch.at > conversion.at - %(window)s
),
path AS (
    SELECT what, array_agg(key ORDER BY at, key) AS keys, array_agg(
        round(extract(epoch FROM last - at) / 86400)::int ORDER BY at, key
    ) AS days
    FROM touched GROUP BY what
)
"""
ALL = (
    CONVERSIONS
    + """
SELECT keys, days, count(*), sum(worth), 0 FROM path JOIN conversion USING (what)
GROUP BY keys, days
UNION ALL
SELECT keys, NULL, 0, 0, count(*) FROM (
    SELECT array_agg(touch.key ORDER BY touch.at, touch.key) AS keys
    FROM ({touches}) AS touch
    WHERE touch.at >= %(start)s AND touch.at < %(end)s {seen_touch} AND NOT {done}
    GROUP BY touch.contact_id
) AS walked GROUP BY keys
UNION ALL
SELECT NULL, NULL, count(*), coalesce(sum(worth), 0), 0 FROM conversion
"""
)


class TooLong(Refused):
    """This takes too long to reckon. Choose a shorter time."""

    code = "takes_too_long"


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What is counted as a conversion, by what, and when: both days included."""

    goal: Goal = GOALS["first"]
    by: Kind = KINDS["channel"]
    window: int = 30
    first: date
    last: date

    @property
    def start(self) -> datetime:
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        return midnight(self.last + timedelta(days=1))

    @property
    def values(self) -> dict[str, Any]:
        window = timedelta(days=self.window)
        return {"start": self.start, "end": self.end, "window": window}


@dataclass(frozen=True, kw_only=True)
class Walked:
    """All paths, and how many conversions there were with or without one."""

    paths: list[Path]
    many: int
    worth: int

    @property
    def untouched(self) -> int:
        return self.many - round(sum(path.many for path in self.paths))

    @property
    def untouched_worth(self) -> int:
        return self.worth - round(sum(path.worth for path in self.paths))


def walked(asked: Asked, *, user: User | None, longest: int = LONGEST) -> Walked:
    """Of contacts whom the user may see; without a user, of all."""
    seen, told = seen_by(user)
    sql = ALL.format(
        goal=asked.goal.rows,
        touches=asked.by.rows,
        done=asked.goal.done,
        seen=seen.format("row"),
        seen_touch=seen.format("touch"),
    )
    rows = ask(sql, asked.values | told, longest=longest)
    [whole] = [row for row in rows if row[0] is None]
    paths = [path_of(*row) for row in rows if row[0] is not None]
    return Walked(paths=paths, many=whole[2], worth=int(whole[3]))


def path_of(
    keys: list[Any], days: list[int] | None, many: int, worth: Any, lost: int
) -> Path:
    return Path(
        keys=tuple(keys),
        days=tuple(days or [0] * len(keys)),
        many=many,
        worth=float(worth),
        lost=lost,
    )


def sees_all(user: User | None) -> bool:
    """Nobody in person is the house itself, or another system with its key."""
    return user is None or user.sees_everybody


def seen_by(user: User | None) -> tuple[str, dict[str, Any]]:
    """SQL that narrows rows to contacts whom the user may see; {} is the table."""
    if sees_all(user):
        return "", {}
    assert user is not None
    contacts = Contact.objects.visible_to(user).order_by().values("pk")
    try:
        sql, values = contacts.query.sql_with_params()
    except EmptyResultSet:
        return "AND FALSE", {}
    told = {f"seen{number}": value for number, value in enumerate(values)}
    names = iter(told)
    named = re.sub("%s", lambda _found: f"%({next(names)})s", sql)
    braced = named.replace("{", "{{").replace("}", "}}")
    return f"AND {{}}.contact_id IN ({braced})", told


def ask(sql: str, values: dict[str, Any], *, longest: int = LONGEST) -> list[Any]:
    """Rows of a statement that may take so long, where it disturbs nobody."""

    def rows(where: str) -> list[Any]:
        with transaction.atomic(using=where), connections[where].cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {longest}")
            cursor.execute(sql, values)
            return cursor.fetchall()

    try:
        return from_the_replica(rows)
    except OperationalError as late:
        if "statement timeout" not in str(late):
            raise
        raise TooLong from late


# --- the people behind a number -------------------------------------------------------

BEHIND = """
WITH conversion AS MATERIALIZED ({goal} {seen})
SELECT {what} FROM conversion WHERE {denied} EXISTS (
    SELECT FROM ({touches}) AS touch WHERE touch.contact_id = conversion.contact_id
        AND touch.at <= conversion.at AND touch.at > conversion.at - %(window)s {keyed}
)
"""
PAGE = "ORDER BY at DESC, what DESC LIMIT %(many)s OFFSET %(passed)s"
TOUCHES = """
SELECT asked.what, touch.key, touch.at
FROM unnest(%(whats)s::bigint[], %(contacts)s::bigint[], %(ats)s::timestamptz[])
    AS asked (what, contact_id, at)
JOIN ({touches}) AS touch ON touch.contact_id = asked.contact_id
    AND touch.at <= asked.at AND touch.at > asked.at - %(window)s
ORDER BY touch.at, touch.key
"""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One of them, with the touches before it."""

    what: int
    contact_id: int
    at: datetime
    worth: int
    touches: tuple[tuple[Any, datetime], ...] = ()

    @property
    def path(self) -> Path:
        last = self.touches[-1][1] if self.touches else self.at
        return Path(
            keys=tuple(key for key, _at in self.touches),
            days=tuple(
                round((last - at) / timedelta(days=1)) for _k, at in self.touches
            ),
            many=1,
            worth=self.worth,
        )


def behind(
    asked: Asked, *, key: Any, user: User, many: int, passed: int = 0
) -> tuple[list[Conversion], int]:
    """Conversions in whose path the key stands, the newest first, and how many there
    are; with the key None those that nothing touched."""
    seen, told = seen_by(user)
    parts = {
        "goal": asked.goal.rows,
        "touches": asked.by.rows,
        "seen": seen.format("row"),
        "denied": "NOT" if key is None else "",
        "keyed": "" if key is None else "AND touch.key = %(key)s",
    }
    values = asked.values | told | {"key": key, "many": many, "passed": passed}
    [[whole]] = ask(BEHIND.format(what="count(*)", **parts), values)
    rows = ask(
        BEHIND.format(what="what, contact_id, at, worth", **parts) + PAGE, values
    )
    found = [
        Conversion(what=what, contact_id=contact, at=at, worth=int(worth))
        for what, contact, at, worth in rows
    ]
    return touched(found, asked=asked), whole


def touched(found: Iterable[Conversion], *, asked: Asked) -> list[Conversion]:
    found = list(found)
    values = asked.values | {
        "whats": [each.what for each in found],
        "contacts": [each.contact_id for each in found],
        "ats": [each.at for each in found],
    }
    touches: dict[int, list[tuple[Any, datetime]]] = {each.what: [] for each in found}
    for what, key, at in ask(TOUCHES.format(touches=asked.by.rows), values):
        touches[what].append((key, at))
    return [replace(each, touches=tuple(touches[each.what])) for each in found]

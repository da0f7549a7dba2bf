"""How many rows a view shows: exactly where that is cheap, about where it is not.

A number stands beside a view, and nobody waits for it: what takes longer than a moment
is told as the planner estimates it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from apps.common.paging import COUNTED
from apps.common.wording import big_number

EXACT = 100_000  # rows that are counted one by one
MOMENT = timedelta(milliseconds=300)  # for one number
ROWS = re.compile(r"rows=(\d+)")


def how_many(rows: QuerySet) -> str:
    """1,234; or 10 万+ beyond what is counted; or 约 3.2 万 if that takes too long."""
    try:
        with transaction.atomic(), no_longer_than(MOMENT):
            many = rows.order_by().values("pk")[: EXACT + 1].count()
    except OperationalError:  # the statement was cancelled
        words = {"number": big_number(estimated(rows))}
        return gettext("about %(number)s") % words
    return f"{big_number(EXACT)}+" if many > EXACT else f"{many:,}"


def place_of(before: QuerySet, rows: QuerySet) -> str:
    """3 / 128: where a row stands among those of a list; empty if to count is dear."""
    try:
        with transaction.atomic(), no_longer_than(MOMENT):
            here = before.order_by().values("pk")[: COUNTED + 1].count() + 1
    except OperationalError:
        return ""
    return f"{here:,} / {how_many(rows)}" if here <= COUNTED else ""


def estimated(rows: QuerySet) -> int:
    """How many the planner expects."""
    plan: Any = rows.order_by().values("pk").explain()
    found = ROWS.search(plan)
    return int(found[1]) if found else 0


@contextmanager
def no_longer_than(limit: timedelta) -> Iterator[None]:
    """The database breaks off what takes longer; afterwards the limit is as before."""
    milliseconds = str(int(limit.total_seconds() * 1_000))
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('statement_timeout')")
        before = cursor.fetchone()[0]
        cursor.execute(
            "SELECT set_config('statement_timeout', %s, true)", [milliseconds]
        )
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, true)", [before])

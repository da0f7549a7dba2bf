"""Attributions over long times are reckoned at night and kept; short ones at once.

A page shows a kept one only if it is of exactly what is asked, for whoever sees all
contacts, and says of when it is.
"""

import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.db import transaction

from apps.reports.models import Reckoning
from apps.reports.paths import Asked, TooLong, sees_all, walked
from apps.reports.table import Table, as_json, from_json, table_of
from apps.reports.touches import GOALS, KINDS
from apps.staff.models import User

LONG = (90, 365)  # days, until yesterday
WINDOW = 30
KEY = ("goal", "by", "window", "days")
SPENT = 25.0  # seconds of one turn
LONGEST = 25_000  # milliseconds of a statement at night


def reckoned(asked: Asked, *, user: User | None, anew: bool = False) -> Table:
    if sees_all(user) and not anew:
        kept = Reckoning.objects.filter(
            goal=asked.goal.name,
            by=asked.by.name,
            window=asked.window,
            days=(asked.last - asked.first).days + 1,
            last=asked.last,
        ).first()
        if kept is not None:
            return from_json(kept.told, made_at=kept.made_at)
    return table_of(walked(asked, user=user))


def all_long(*, today: date) -> Iterator[tuple[Asked, int]]:
    yesterday = today - timedelta(days=1)
    for days in LONG:
        for goal in GOALS.values():
            for by in KINDS.values():
                first = yesterday - timedelta(days=days - 1)
                asked = Asked(
                    goal=goal, by=by, window=WINDOW, first=first, last=yesterday
                )
                yield asked, days


def keep_long(*, today: date, at: datetime) -> int:
    """Reckon those that are not of yesterday yet, as many as fit into one turn."""
    rows = Reckoning.objects.values_list(*KEY, "last")
    there = set(rows)
    begun, many = time.monotonic(), 0
    for asked, days in all_long(today=today):
        key = (asked.goal.name, asked.by.name, asked.window, days)
        if (*key, asked.last) in there:
            continue
        if time.monotonic() - begun > SPENT:
            break
        try:
            told = as_json(table_of(walked(asked, user=None, longest=LONGEST)))
        except TooLong:
            continue
        names: dict[str, Any] = dict(zip(KEY, key, strict=True))
        with transaction.atomic():
            Reckoning.objects.update_or_create(
                **names, defaults={"last": asked.last, "told": told, "made_at": at}
            )
        many += 1
    return many

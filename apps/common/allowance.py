"""So much of something in so much time: counted in the database, for all processes.

A window begins with the first use after the last one ended, or at a moment that the
caller names, such as midnight. One statement counts; whoever counts in a transaction
holds the next one of the same name back until it ends.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from apps.common import models
from apps.common.forget import forget_some

MINUTE = timedelta(minutes=1)

SPEND = """
INSERT INTO common_allowance AS spent (who, began_at, used)
VALUES (%(who)s, %(at)s, 1)
ON CONFLICT (who) DO UPDATE SET
    used = CASE WHEN spent.began_at <= %(over)s THEN 1 ELSE spent.used + 1 END,
    began_at = CASE WHEN spent.began_at <= %(over)s THEN %(at)s
        ELSE spent.began_at END
RETURNING used, began_at
"""
KEEP = timedelta(days=31)  # longer than any window
FORGET_AT_ONCE = 10_000
USED = "SELECT used FROM common_allowance WHERE who = %(who)s AND began_at > %(over)s"


@dataclass(frozen=True)
class Allowance:
    """What somebody has left of it."""

    limit: int
    used: int
    seconds: int  # until the next window
    window: timedelta = MINUTE

    @property
    def is_spent(self) -> bool:
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        left = max(0, self.limit - self.used)
        return {
            "RateLimit-Policy": f'"client";q={self.limit};w={self.window.seconds}',
            "RateLimit": f'"client";r={left};t={self.seconds}',
        }


def spend(
    who: str,
    *,
    limit: int,
    at: datetime,
    window: timedelta = MINUTE,
    since: datetime | None = None,
) -> Allowance:
    """One more; with `since` the window before has ended then."""
    over = since or at - window
    with connection.cursor() as cursor:
        cursor.execute(SPEND, {"who": who, "at": at, "over": over})
        used, began_at = cursor.fetchone()
    seconds = math.ceil((began_at + window - at).total_seconds())
    return Allowance(limit, used, max(1, seconds), window)


def used(who: str, *, since: datetime) -> int:
    """How much has been used in the window that began after `since`."""
    with connection.cursor() as cursor:
        cursor.execute(USED, {"who": who, "over": since})
        row = cursor.fetchone()
    return row[0] if row else 0


def forget_old_ones(*, at: datetime) -> None:
    old = models.Allowance.objects.filter(began_at__lt=at - KEEP).order_by("began_at")
    forget_some(old, at_once=FORGET_AT_ONCE)

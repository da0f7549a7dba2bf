"""What time it is, as the database says: machines whose clocks differ agree on it.

When a job is due, and whether it is too late for it, is told by `now`: a machine whose
clock is wrong neither delays its jobs nor lets a welcome pass.
"""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

HARMLESS = timedelta(seconds=1)  # so far off a clock may be


@dataclass(frozen=True, kw_only=True)
class Known:
    """How far our clock was off when we asked. A clock that nobody sets runs beside it:
    where the two part, ours was set."""

    off: timedelta
    apart: float
    asked: float  # by the clock that nobody sets


_known: Known | None = None


def now() -> datetime:
    """The database's time; it is asked now and then, and when our clock was set."""
    global _known
    every: timedelta | None = settings.ASK_THE_TIME_EVERY
    if every is None:
        return timezone.now()
    known = _known
    if known is None or is_doubtful(known, every=every):
        known = _known = look()
    return timezone.now() + known.off


def day_began(at: datetime) -> datetime:
    """Midnight before this moment, where the company is."""
    return timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)


def is_doubtful(known: Known, *, every: timedelta) -> bool:
    was_set = abs(apart() - known.apart) > HARMLESS.total_seconds()
    return was_set or time.monotonic() - known.asked > every.total_seconds()


def look() -> Known:
    """Fails if the database is away: whoever asks is about to write there."""
    here, off = apart(), database_time() - timezone.now()
    if abs(off) < HARMLESS:
        off = timedelta()
    return Known(off=off, apart=here, asked=time.monotonic())


def apart() -> float:
    return time.time() - time.monotonic()


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    at: datetime = now
    return at

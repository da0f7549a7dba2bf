"""What happens by the clock happens once for each of its slots, whoever rings.

A slot is a row, unique by its task and its moment. Whoever inserts it has fired it, and
workers work it off like any other job. Timetables remember nothing: each looks every
second which slots are due since the last one that there is, so any number of them may
run, and one that is killed loses none. The clock is the database's. When it is set
back, the slots are there already; when it is set forward, those between were missed.

What was missed while no timetable ran is declared for each entry: `skip` lets it go,
`once` fires the latest slot alone, `each` fires all, but no more than the latest
thousand. Late means by more than a minute. Nothing is made up for after a week, which
is how long slots are kept. A new entry counts from the first look at it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from functools import cache, partial
from hashlib import sha256
from itertools import islice
from typing import Any

from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from apps.common.errors import Refused
from apps.common.forget import forget_some
from apps.common.jobs import Job, ring
from apps.common.lanes import Lane
from apps.common.models import Slot

LATE = timedelta(minutes=1)
MOST = 1_000  # slots of one entry, fired at one look
KEEP = timedelta(days=7)
FORGET_AT_ONCE = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

# min and max of an index: as fast with a week of slots as with none.
LAST_SLOTS = """
SELECT task, (SELECT max(slot_at) FROM common_slot AS slot
              WHERE slot.task = entry.task AND slot.slot_at <= %s)
FROM unnest(%s::text[]) AS entry (task)
"""
# One statement without a transaction around it: a timetable that is stopped in the
# middle of it holds nobody up.
FIRE = """
INSERT INTO common_slot (task, slot_at, lane, due_at, status, attempts, bugs,
                         last_error, created_at, done_at)
SELECT task, slot_at, lane, due_at, status, 0, 0, '', %(at)s,
       CASE status WHEN 'ignored' THEN %(at)s END
FROM unnest(%(tasks)s::text[], %(slots)s::timestamptz[], %(lanes)s::text[],
            %(dues)s::timestamptz[], %(statuses)s::text[])
    AS fired (task, slot_at, lane, due_at, status)
ORDER BY task, slot_at
ON CONFLICT DO NOTHING
RETURNING lane, due_at
"""


class NoSuchTask(Refused):
    """There is no task of this name any more."""

    code = "no_such_task"


class Missed(StrEnum):
    """What becomes of slots at which no timetable ran."""

    SKIP = "skip"
    ONCE = "once"
    EACH = "each"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A line of the timetable: a task by its name, and when it is due.

    An interval counts from midnight in Greenwich, a line of crontab is Shanghai's.
    `jitter` spreads its slots over so much time after their moment.
    """

    task: str
    when: timedelta | str
    missed: str = Missed.ONCE
    lane: str = Lane.BULK
    jitter: timedelta = timedelta()
    title: Any = ""


@dataclass(frozen=True, kw_only=True)
class Firing:
    """A slot that is not in the table yet."""

    task: str
    slot_at: datetime
    lane: str
    due_at: datetime
    status: str = Job.Status.WAITING


def entries() -> dict[str, Entry]:
    return {task: Entry(task=task, **line) for task, line in settings.TIMETABLE.items()}


# --- which slots are due --------------------------------------------------------------


def slots_between(
    when: timedelta | str, *, after: datetime, until: datetime
) -> Iterator[datetime]:
    """Those after one moment up to and with another, the latest first."""
    if isinstance(when, str):
        return by_the_calendar(when, after=after, until=until)
    return at_intervals(when, after=after, until=until)


def at_intervals(
    interval: timedelta, *, after: datetime, until: datetime
) -> Iterator[datetime]:
    slot = EPOCH + (until - EPOCH) // interval * interval
    while slot > after:
        yield slot
        slot -= interval


def by_the_calendar(
    line: str, *, after: datetime, until: datetime
) -> Iterator[datetime]:
    """The minutes of our own zone that a line of crontab names, day by day."""
    zone = timezone.get_default_timezone()
    cron = read(line)
    moments = [
        time(hour, minute, tzinfo=zone)
        for hour in sorted(cron.hour, reverse=True)
        for minute in sorted(cron.minute, reverse=True)
    ]
    day, first = until.astimezone(zone).date(), after.astimezone(zone).date()
    while day >= first:
        if (
            day.month in cron.month_of_year
            and day.day in cron.day_of_month
            and day.isoweekday() % 7 in cron.day_of_week
        ):
            for moment in moments:
                slot = datetime.combine(day, moment)
                if after < slot <= until:
                    yield slot.astimezone(UTC)
        day -= timedelta(days=1)


@cache
def read(line: str) -> crontab:
    return crontab.from_string(line)


def due(entry: Entry, *, last: datetime, at: datetime) -> list[datetime]:
    """The slots to fire when the last one was that, the latest first."""
    slots = slots_between(entry.when, after=max(last, at - KEEP), until=at)
    if entry.missed == Missed.EACH:
        return list(islice(slots, MOST))
    latest = list(islice(slots, 1))
    if entry.missed == Missed.SKIP and latest and latest[0] < at - LATE:
        return []
    return latest


# --- fire -----------------------------------------------------------------------------


def fire(*, at: datetime) -> int:
    """Write down every slot that is due and is not there yet. How many were not."""
    found = entries()
    with connection.cursor() as cursor:
        cursor.execute(LAST_SLOTS, [at, list(found)])
        last = dict(cursor.fetchall())
    firings = [
        firing
        for task, entry in found.items()
        for firing in firings_of(entry, last=last[task], at=at)
    ]
    return insert(firings, at=at) if firings else 0


def firings_of(
    entry: Entry, *, last: datetime | None, at: datetime
) -> Iterator[Firing]:
    if last is None:  # never seen before: its slots count from now on
        yield Firing(
            task=entry.task,
            slot_at=at,
            lane=entry.lane,
            due_at=at,
            status=Job.Status.IGNORED,
        )
        return
    for slot_at in due(entry, last=last, at=at):
        due_at = slot_at if slot_at >= at - LATE else at
        due_at += entry.jitter * share_of(entry.task, slot_at)
        yield Firing(task=entry.task, slot_at=slot_at, lane=entry.lane, due_at=due_at)


def share_of(task: str, slot_at: datetime) -> float:
    """From 0 to 1, the same whoever asks."""
    name = f"{task} {slot_at.astimezone(UTC).isoformat()}"
    return int.from_bytes(sha256(name.encode()).digest()[:4]) / 2**32


def insert(firings: Iterable[Firing], *, at: datetime) -> int:
    rows = list(firings)
    columns: dict[str, Any] = {
        "at": at,
        "tasks": [row.task for row in rows],
        "slots": [row.slot_at for row in rows],
        "lanes": [str(row.lane) for row in rows],
        "dues": [row.due_at for row in rows],
        "statuses": [str(row.status) for row in rows],
    }
    with connection.cursor() as cursor:
        cursor.execute(FIRE, columns)
        fired = cursor.fetchall()
    for lane in {lane for lane, due_at in fired if due_at <= at}:
        transaction.on_commit(partial(ring, lane), robust=True)
    return len(fired)


# --- what workers do ------------------------------------------------------------------


def carry_out(slot: Slot) -> Job.Status | None:
    """Call its task, which starts other jobs where it would take long."""
    if serves_no_more(slot, at=timezone.now()):
        return Job.Status.IGNORED
    if slot.task not in current_app.tasks:
        current_app.loader.import_default_modules()
    if slot.task not in current_app.tasks:
        raise NoSuchTask(detail=slot.task)
    current_app.tasks[slot.task]()
    return None


def serves_no_more(slot: Slot, *, at: datetime) -> bool:
    """After hours without workers the latest slot serves for those before it, unless
    each is wanted. What went wrong is tried on until a later one was done: if none is,
    a person must see it."""
    entry = entries().get(slot.task)
    if entry is None or entry.missed == Missed.EACH:
        return False
    later = Slot.objects.filter(
        task=slot.task, slot_at__gt=slot.slot_at, slot_at__lte=at
    )
    if later.filter(status=Job.Status.DONE).exists():
        return True
    waiting = later.filter(status=Job.Status.WAITING, due_at__lte=at)
    return not slot.bugs and waiting.exists()


def forget_old(*, at: datetime) -> None:
    """Slots go a week after they were done; the latest of each task stays."""
    later = Slot.objects.filter(
        task=OuterRef("task"), slot_at__gt=OuterRef("slot_at"), slot_at__lte=at
    )
    old = Slot.objects.filter(Exists(later), done_at__lt=at - KEEP)
    forget_some(old.order_by("done_at"), at_once=FORGET_AT_ONCE)

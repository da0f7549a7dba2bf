"""After a restore, nothing is sent to WeCom a second time.

A restored database has forgotten what was sent since. A command that waits in it may
have been carried out long ago: unless it is safe to repeat, it is not sent but left
`unknown`, and a person decides (decide.py). The same goes for what is only asked for
now because of something that happened before (`may_have_been_sent`). What WeCom holds
is read again as a whole, and the token that we kept is not used any more.

A restore is noticed by where the database lives. A dump goes into another cluster or
database, or is at least written by another transaction; a base backup with its WAL
goes on in a new timeline, and so does a replica that takes over, which may have missed
the last commits. The copy of a stopped cluster looks like the original: whoever starts
one says so with `./run quarantine`.

We look when a process starts, every half minute, and before each command is claimed,
in the transaction of the claim.
"""

import logging
from dataclasses import asdict, dataclass, replace
from datetime import datetime

from django.db import DatabaseError, connection, transaction
from django.db.models import F

from apps.common.cause import cause_happened_at
from apps.common.clock import now
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.common.models import Absence
from apps.wecom.calls import CALLS
from apps.wecom.models import AccessToken, Callback, Command, Residence

logger = logging.getLogger(__name__)

HERE = """
SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,
       pg_walfile_name(pg_current_wal_lsn()),
       (SELECT xmin::text::bigint FROM django_migrations
         WHERE app = 'wecom' AND name = '0001_initial'),
       has_function_privilege('pg_control_system()', 'execute')
"""
SYSTEM = "SELECT system_identifier::text FROM pg_control_system()"
ALONE = "SELECT pg_advisory_xact_lock(hashtextextended('residence', 0))"


class Quarantined(Refused):
    """The database was restored, and this may have been sent before: please decide."""

    code = "quarantined"


@dataclass(frozen=True)
class Place:
    """Where a database lives, in the words of Residence."""

    system: str
    timeline: int
    database: int
    written_in: int

    def is_same_as(self, other: "Place") -> bool:
        if self.system and other.system:
            return self == other
        return replace(self, system="") == replace(other, system="")


def notice_a_restore(*, at: datetime) -> bool:
    """Look where the database lives; if it has moved, hold back what may not repeat.

    True to whoever was the first to notice.
    """
    return not is_at_home() and move_in(at=at)


@transaction.atomic
def move_in(*, at: datetime) -> bool:
    """Note where we live now; unless it is the first time, quarantine comes first."""
    with connection.cursor() as cursor:
        cursor.execute(ALONE)
    if is_at_home():  # another process was faster
        return False
    known = Residence.objects.exists()
    if known:
        quarantine(at=at)
    else:
        note(here(), at=at)
    return known


@transaction.atomic
def quarantine(*, at: datetime) -> int:
    """Hold back whatever may have been sent. How many commands that were."""
    safe = [name for name, call in CALLS.items() if call.safe_to_repeat]
    held = (  # what has a result was answered: nothing is sent for it any more
        Command.objects.unfinished()
        .filter(result__isnull=True)
        .exclude(call__in=safe)
        .update(status=Job.Status.UNKNOWN, last_error=str(Quarantined()))
    )
    AccessToken.objects.update(
        generation=F("generation") + 1, expires_at=None, refreshing_until=None
    )
    Absence.objects.create(
        role=Absence.WEB,
        began_at=min(at, last_heard() or at),
        ended_at=at,
        why=Absence.Why.RESTORED,
    )
    note(here(), at=at, restored_at=at)
    logger.warning("the database was restored", extra={"quarantined": held})
    return held


def may_have_been_sent(*, at: datetime) -> bool:
    """Whether what is asked for now was perhaps asked for, and sent, before a restore:
    because of something that had happened by then."""
    notice_a_restore(at=at)
    happened_at = cause_happened_at()
    if happened_at is None:
        return False
    return Residence.objects.filter(restored_at__gte=happened_at).exists()


def last_heard() -> datetime | None:
    """About the moment to which the database was restored."""
    heard = Callback.objects.order_by("-received_at")
    return heard.values_list("received_at", flat=True).first()


def note(place: Place, *, at: datetime, restored_at: datetime | None = None) -> None:
    moments = {"noted_at": at, "restored_at": restored_at}
    Residence.objects.update_or_create(number=1, defaults=asdict(place) | moments)


def is_at_home() -> bool:
    noted = Residence.objects.values(*Place.__annotations__).first()
    return noted is not None and here().is_same_as(Place(**noted))


def here() -> Place:
    """The timeline is asked of the WAL: when a replica takes over, the control file
    learns of it only later."""
    with connection.cursor() as cursor:
        cursor.execute(HERE)
        database, segment, written_in, may_ask = cursor.fetchone()
        system = ""
        if may_ask:
            cursor.execute(SYSTEM)
            (system,) = cursor.fetchone()
    return Place(
        system=system,
        timeline=int(segment[:8], 16),
        database=database,
        written_in=written_in or 0,
    )


def look_at_the_start() -> None:
    """Of a process. A database that is away or not migrated is looked at later."""
    try:
        notice_a_restore(at=now())
    except DatabaseError as error:
        logger.warning("not known whether the database was restored: %s", error)
    finally:
        connection.close()

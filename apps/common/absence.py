"""When nobody was there to hear, those who come back write it down, once.

Every process of the web, every worker and every timetable says each few seconds that it
is here: one row for each role, whatever the number of processes and machines. Whoever
speaks after half a minute of silence writes one absence, from the last that was heard
to now. A database that is away is silence too.

A callback that the web heard but could not keep is remembered by its process, and told
as an absence of its own once the database is back.
"""

import logging
import threading
import time
from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.clock import database_time
from apps.common.models import Absence

logger = logging.getLogger(__name__)

# Who waits for the lock reads the row again, and finds that another has spoken.
SAY = """
WITH new AS (
    INSERT INTO common_presence (role, seen_at) VALUES (%(role)s, %(at)s)
    ON CONFLICT DO NOTHING
), said AS (
    UPDATE common_presence AS presence SET seen_at = %(at)s
    FROM (SELECT role, seen_at FROM common_presence
          WHERE role = %(role)s FOR UPDATE) AS before
    WHERE presence.role = before.role
    RETURNING before.seen_at AS last_at
)
INSERT INTO common_absence (role, began_at, ended_at, why)
SELECT %(role)s, last_at, %(at)s, 'silent' FROM said
WHERE last_at < %(latest)s
"""


class Refusals:
    """The first and the last callback that this process could not keep."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.spell: tuple[datetime, datetime] | None = None

    def note(self, *, at: datetime) -> None:
        with self.lock:
            first, last = self.spell or (at, at)
            self.spell = min(first, at), max(last, at)

    def take(self) -> tuple[datetime, datetime] | None:
        with self.lock:
            spell, self.spell = self.spell, None
            return spell


refusals = Refusals()


def note_refused(*, at: datetime) -> None:
    """A callback came and could not be kept; told at the next `say_here`."""
    refusals.note(at=at)


def say_here(*, role: str, at: datetime) -> None:
    """Somebody of this role is here; if all were silent for too long, write it down."""
    latest = at - settings.ABSENT_AFTER
    with connection.cursor() as cursor:
        cursor.execute(SAY, {"role": role, "at": at, "latest": latest})
    tell_refusals()


def tell_refusals() -> None:
    spell = refusals.take()
    if spell is None:
        return
    try:
        Absence.objects.create(
            role=Absence.WEB,
            began_at=spell[0],
            ended_at=spell[1],
            why=Absence.Why.REFUSED,
        )
    except DatabaseFailure:
        for moment in spell:
            refusals.note(at=moment)
        raise


def deal_with(absences: Iterable[Absence], *, at: datetime) -> None:
    """What was missed in them has been looked for."""
    pks = [absence.pk for absence in absences]
    undealt = Absence.objects.filter(pk__in=pks, dealt_with_at__isnull=True)
    undealt.update(dealt_with_at=at)


# --- saying it for as long as the process lives ---------------------------------------


def stay(role: str) -> None:
    """Say it from a thread of its own, which ends with the process."""
    name = f"presence of {role}"
    threading.Thread(target=keep_saying, args=[role], name=name, daemon=True).start()


def keep_saying(role: str) -> None:
    while True:
        say_if_possible(role)
        time.sleep(settings.PRESENCE_EVERY.total_seconds())


def say_if_possible(role: str) -> None:
    """No connection is kept from one time to the next: the web's are for requests."""
    try:
        say_here(role=role, at=database_time())
    except DatabaseFailure as failure:
        logger.info("the database does not hear us: %s", type(failure).__name__)
    finally:
        connection.close()

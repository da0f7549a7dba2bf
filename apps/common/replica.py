"""Counting that may be a minute old is done where it disturbs nobody.

A replica is used while it is a streaming replica that answers and is not more than a
minute behind. Each process looks every quarter of a minute; while one thread looks,
the others go by what was seen last. Whatever is wrong with it, the question is put to
the first database instead: a replica that is away never breaks a page.
"""

import logging
import threading
import time
from collections.abc import Callable
from datetime import timedelta

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

logger = logging.getLogger(__name__)

REPLICA = "replica"
LOOK_EVERY = 15.0  # seconds
FARTHEST_BEHIND = timedelta(seconds=60)

WHERE_WE_ARE = """
SELECT pg_current_wal_lsn(), system_identifier FROM pg_control_system()
"""
# No row: it is no replica of ours, or has been made a database of its own. Equal
# positions mean that it knows all; where they differ, its last change tells since when.
HOW_FAR = """
SELECT CASE WHEN pg_last_wal_replay_lsn() >= %s::pg_lsn THEN 0 ELSE
    extract(epoch FROM clock_timestamp() - pg_last_xact_replay_timestamp())::float8 END
FROM pg_control_system() WHERE pg_is_in_recovery() AND system_identifier = %s
"""

looking = threading.Lock()
looked_at = -LOOK_EVERY  # of time.monotonic()
usable = False


def from_the_replica[Answer](question: Callable[[str], Answer]) -> Answer:
    """Ask the replica, and the first database where that fails.

    `question` takes the alias to ask, and must ask it before it returns.
    """
    where = for_reports()
    if where == REPLICA:
        try:
            return question(REPLICA)
        except (DatabaseError, InterfaceError) as trouble:
            pass_over(trouble)
    return question(DEFAULT_DB_ALIAS)


def for_reports() -> str:
    """The alias of the database that counts: the replica's while it is of use."""
    global looked_at, usable
    if REPLICA not in connections:
        return DEFAULT_DB_ALIAS
    if time.monotonic() - looked_at >= LOOK_EVERY and looking.acquire(blocking=False):
        try:
            usable = is_of_use()
            looked_at = time.monotonic()
        finally:
            looking.release()
    return REPLICA if usable else DEFAULT_DB_ALIAS


def is_of_use() -> bool:
    try:
        behind = lag()
    except (DatabaseError, InterfaceError) as trouble:
        pass_over(trouble)
        return False
    return behind is not None and behind <= FARTHEST_BEHIND


def lag() -> timedelta | None:
    """How far the replica is behind; None where it is no replica of ours."""
    with connections[DEFAULT_DB_ALIAS].cursor() as first:
        first.execute(WHERE_WE_ARE)
        here = first.fetchone()
    with connections[REPLICA].cursor() as second:
        second.execute(HOW_FAR, here)
        row = second.fetchone()
    return timedelta(seconds=row[0]) if row and row[0] is not None else None


def pass_over(trouble: Exception) -> None:
    """Leave it alone until the next look; its connection is of no more use."""
    global usable
    usable = False
    logger.warning("the replica is passed over: %s", type(trouble).__name__)
    connections[REPLICA].close()

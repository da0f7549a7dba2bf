"""Those who change the same thing take turns, until their transaction ends.

A turn is a transaction-level advisory lock of PostgreSQL on the hash of a name
such as "contact:wm1". Names are taken in sorted order, so that two who want the
same pair cannot block each other.
"""

from django.db import connection

TAKE = """
SELECT pg_advisory_xact_lock(hashtextextended(name, 0))
FROM (SELECT name FROM unnest(%s::text[]) AS name ORDER BY name OFFSET 0) AS sorted
"""

SHARE = "SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))"
TAKE_IF_FREE = """
SELECT name FROM unnest(%s::text[]) AS name
WHERE pg_try_advisory_xact_lock(hashtextextended(name, 0))
"""


def take_turns(*names: str) -> None:
    """Wait until nobody else holds any of these names, then hold them all."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [sorted(set(names))])


def share_turn(name: str) -> None:
    """Hold it together with others who share it; whoever takes it waits for all."""
    with connection.cursor() as cursor:
        cursor.execute(SHARE, [name])


def take_free_turns(*names: str) -> set[str]:
    """Hold those of these names that nobody else holds, without waiting. Which?"""
    with connection.cursor() as cursor:
        cursor.execute(TAKE_IF_FREE, [sorted(set(names))])
        return {name for (name,) in cursor}

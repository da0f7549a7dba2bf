"""Up and down by growth value."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.loyalty.events import LevelChanged
from apps.loyalty.models import Membership

AT_ONCE = 5_000  # members
SETTLE = """
WITH fit AS (
    SELECT member.id, member.level_id AS before, (
        SELECT level.id FROM loyalty_level AS level
        WHERE level.growth_from <= greatest(member.growth, 0)
        ORDER BY level.growth_from DESC LIMIT 1
    ) AS level
    FROM loyalty_membership AS member WHERE {whom}
)
UPDATE loyalty_membership AS member SET level_id = fit.level, level_since = %(at)s
FROM fit WHERE fit.id = member.id AND fit.before IS DISTINCT FROM fit.level
RETURNING member.contact_id, fit.before, fit.level
"""
OF_CONTACTS = "member.contact_id = ANY(%(contacts)s)"
IN_A_ROW = "member.id > %(after)s AND member.id <= %(until)s"


@transaction.atomic
def settle_levels(contacts: Iterable[int], *, at: datetime) -> None:
    """Each stands on the highest level that they have reached."""
    tell(settled(OF_CONTACTS, contacts=sorted(contacts), at=at), at=at)


def settle_everybody(*, at: datetime) -> int:
    """After the levels themselves have changed; answers how many moved."""
    many = after = 0
    while (until := last_of_next(after)) is not None:
        with transaction.atomic():
            moved = list(settled(IN_A_ROW, after=after, until=until, at=at))
            tell(moved, at=at)
        many, after = many + len(moved), until
    return many


def last_of_next(after: int) -> int | None:
    rows = Membership.objects.filter(pk__gt=after).order_by("pk")
    numbers = list(rows.values_list("pk", flat=True)[:AT_ONCE])
    return numbers[-1] if numbers else None


def settled(whom: str, **told: Any) -> Iterator[tuple[int, int | None, int | None]]:
    """Whose level changed: the contact, from where, to where."""
    with connection.cursor() as cursor:
        cursor.execute(SETTLE.format(whom=whom), told)
        yield from cursor.fetchall()


def tell(moved: Iterable[tuple[int, int | None, int | None]], *, at: datetime) -> None:
    record_all(
        LevelChanged(
            at=at,
            source=EventRecord.Source.SYSTEM,
            contact_id=contact_id,
            level_id=level,
            before_id=before,
        )
        for contact_id, before, level in moved
    )

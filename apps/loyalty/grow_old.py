"""Every night points expire, and growth values grow old.

What was spent counts against what expires first, so what expires by a day is all that
could have been kept until then, less all that was spent: the same in whichever order
things were told. Who is looked at is held, a few hundred at a time; whoever dies half
way costs that handful, and nothing expires twice.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Min

from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.loyalty.events import PointsChanged
from apps.loyalty.level import settle_levels
from apps.loyalty.models import PointsEntry, PointsSetting
from apps.loyalty.setting import setting

HANDFUL = 500  # contacts
DUE = """
SELECT contact_id FROM loyalty_pointsentry
WHERE expires_at > %(since)s AND expires_at <= %(at)s AND contact_id > %(after)s
GROUP BY contact_id ORDER BY contact_id LIMIT %(handful)s
"""
HOLD = """
SELECT id FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE
"""
EXPIRE = """
INSERT INTO loyalty_pointsentry
    (contact_id, kind, points, growth, key, why, system, at, recorded_at)
SELECT contact_id, 'expired', -due, 0, %(day)s || ':' || contact_id, '', '', %(at)s,
    now()
FROM (
    SELECT contact_id,
        coalesce(sum(points) FILTER (WHERE expires_at <= %(at)s), 0)
        + coalesce(sum(points) FILTER (WHERE expires_at IS NULL AND points < 0), 0)
        AS due
    FROM loyalty_pointsentry WHERE contact_id = ANY(%(contacts)s) GROUP BY contact_id
) AS each WHERE due > 0 ORDER BY contact_id
ON CONFLICT (key) DO NOTHING RETURNING id, contact_id, points
"""
AGE = """
WITH old AS (
    SELECT entry.id, entry.contact_id, entry.growth + coalesce((
        SELECT sum(changed.growth) FROM loyalty_pointsentry AS changed
        WHERE changed.of_id = entry.id AND changed.kind = 'taken_back'
    ), 0) AS growth
    FROM loyalty_pointsentry AS entry WHERE entry.id = ANY(%(entries)s)
)
INSERT INTO loyalty_pointsentry
    (contact_id, kind, points, growth, key, of_id, why, system, at, recorded_at)
SELECT contact_id, 'expired', 0, -growth, 'aged:' || id, id, '', '', %(at)s, now()
FROM old WHERE growth > 0 ORDER BY contact_id
ON CONFLICT (key) DO NOTHING RETURNING contact_id
"""
LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


def expire_points(*, at: datetime) -> int:
    """Answers of how many contacts some have expired."""
    since = setting().expired_until or LONG_AGO
    many = after = 0
    while contacts := due(since=since, at=at, after=after):
        with transaction.atomic():
            many += len(expire(contacts, at=at))
        after = contacts[-1]
    PointsSetting.objects.update(expired_until=at)
    return many


def due(*, since: datetime, at: datetime, after: int) -> list[int]:
    told: dict[str, Any] = {
        "since": since,
        "at": at,
        "after": after,
        "handful": HANDFUL,
    }
    with connection.cursor() as cursor:
        cursor.execute(DUE, told | {"handful": HANDFUL})
        return [contact for (contact,) in cursor.fetchall()]


def expire(contacts: list[int], *, at: datetime) -> list[int]:
    day = f"expired:{at:%Y-%m-%dT%H:%M:%S}"
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [contacts])
        cursor.execute(EXPIRE, {"contacts": contacts, "at": at, "day": day})
        found = cursor.fetchall()
    record_all(
        PointsChanged(
            at=at,
            source=EventRecord.Source.SYSTEM,
            contact_id=contact_id,
            points_entry_id=entry,
            points=points,
            reason=PointsEntry.Kind.EXPIRED.value,
        )
        for entry, contact_id, points in found
    )
    return [contact_id for _entry, contact_id, _points in found]


def age_growth(*, at: datetime) -> int:
    """Growth values that are too old count no more; answers how many lines."""
    kept = setting()
    if not kept.growth_days:
        return 0
    until = at - timedelta(days=kept.growth_days)
    grown = PointsEntry.objects.filter(growth__gt=0, at__lte=until)
    since = kept.aged_until or grown.aggregate(first=Min("at"))["first"]
    if since is None:
        return 0
    many, place = 0, (since - timedelta(days=1), 0)
    while rows := next_grown(place, until=until):
        with transaction.atomic(), connection.cursor() as cursor:
            contacts = sorted({contact for _pk, contact, _at in rows})
            cursor.execute(HOLD, [contacts])
            entries = [pk for pk, _contact, _at in rows]
            cursor.execute(AGE, {"entries": entries, "at": at})
            aged = {contact for (contact,) in cursor.fetchall()}
            settle_levels(aged, at=at)
        many += len(aged)
        place = (rows[-1][2], rows[-1][0])
    PointsSetting.objects.update(aged_until=until)
    return many


def next_grown(
    place: tuple[datetime, int], *, until: datetime
) -> list[tuple[int, int, datetime]]:
    """Lines behind this place, by their moment: number, contact, moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, contact_id, at FROM loyalty_pointsentry "
            "WHERE growth > 0 AND at <= %s AND (at, id) > (%s, %s) "
            "ORDER BY at, id LIMIT %s",
            [until, *place, HANDFUL],
        )
        return cursor.fetchall()

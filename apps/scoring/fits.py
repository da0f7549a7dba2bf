"""Points for whoever fits conditions: as long as they do.

Who has come to fit since we last looked gets a line with the points, who fits no longer
one with none; the last line of a contact counts. All conditions are looked at every few
minutes, as sets.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.utils import timezone
from pyroaring import BitMap

from apps.common.turns import share_turn
from apps.rules.algebra import PACKED
from apps.rules.compile import found_by
from apps.rules.in_memory import packed
from apps.rules.tree import NotUnderstood, read
from apps.scoring.earn import add_up, who_now
from apps.scoring.models import ScoreVersion
from apps.scoring.settle import TURN, hold

LUMP = 5_000
APPEND_FITS = """
INSERT INTO scoring_earning (contact_id, version_id, cause, at, points)
SELECT told.contact_id, %(version)s,
    -nextval(pg_get_serial_sequence('scoring_earning', 'id')), %(at)s, %(points)s
FROM unnest(%(contacts)s::bigint[]) AS told (contact_id)
WHERE coalesce((
    SELECT last.points FROM scoring_earning AS last
    WHERE last.contact_id = told.contact_id AND last.version_id = %(version)s
    ORDER BY last.at DESC, last.id DESC LIMIT 1
), 0) <> %(points)s
RETURNING contact_id, version_id, extract(epoch FROM at)::float8, points
"""


def look_at_all(*, at: datetime) -> int:
    """Answers how many came or went. A draft is looked at once it is reckoned."""
    versions = ScoreVersion.objects.counting().filter(scene="")
    ready = versions.exclude(ready_at=None).order_by("pk")
    return sum(look_at(version, at=at) for version in ready)


def look_at(version: ScoreVersion, *, at: datetime) -> int:
    try:
        fit = who_fits(version, at=at)
    except NotUnderstood as wrong:
        ScoreVersion.objects.filter(pk=version.pk).update(trouble=str(wrong)[:300])
        return 0
    have = holders(version)
    came, went = fit - have, have - fit
    for contacts, points in ((came, version.points), (went, 0)):
        write(version, contacts, points=points, at=at)
    return len(came) + len(went)


def begin(version: ScoreVersion, *, at: datetime) -> None:
    """The first lines of a draft, whose sums are folded afterwards."""
    for lump in batched(who_fits(version, at=at), LUMP):
        append_fits(version, lump, points=version.points, at=at, adds_up=False)


def write(
    version: ScoreVersion, contacts: Iterable[int], *, points: int, at: datetime
) -> None:
    for lump in batched(contacts, LUMP):
        with transaction.atomic():
            append_fits(version, lump, points=points, at=at)


def who_fits(version: ScoreVersion, *, at: datetime) -> BitMap:
    """In its days."""
    today = timezone.localdate(at)
    if version.first_day and today < version.first_day:
        return BitMap()
    if version.last_day and today > version.last_day:
        return BitMap()
    return found_by(read(version.conditions), at=at).members


def holders(version: ScoreVersion) -> BitMap:
    """Whoever has its points, by the sums."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {PACKED} FROM scoring_standing WHERE sums[%s] <> 0",
            [version.slot],
        )
        return packed(cursor.fetchone()[0])


def append_fits(
    version: ScoreVersion,
    contacts: Iterable[int],
    *,
    points: int,
    at: datetime,
    adds_up: bool = True,
) -> None:
    """These fit from now on, or (0 points) no longer; who has such a line as their last
    gets none."""
    share_turn(TURN)
    asked = set(who_now(contacts).values())
    if adds_up:
        hold(asked)
    told: dict[str, Any] = {"version": version.ledger, "contacts": sorted(asked)}
    told |= {"at": at, "points": points}
    with connection.cursor() as cursor:
        cursor.execute(APPEND_FITS, told)
        new = cursor.fetchall()
    if new and adds_up:
        add_up(new, at=at)

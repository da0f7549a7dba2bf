"""What somebody's sums come to is written with them: scores, grade, and until when.

Whoever writes a sum holds the contact's row. Only what differs is written; a new grade
is told once, in the same transaction. Who was graded under other rules is first brought
to those of today, and that is no news: nothing has happened to them.
"""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Max

from apps.common.turns import share_turn
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.scoring.events import GradeChanged
from apps.scoring.grades import LOWEST, is_better
from apps.scoring.models import ScoreVersion
from apps.scoring.scale import Scale, graded

TURN = "scoring ledger"  # shared by all who earn; alone whoever reckons a draft
# Where a held row lies, its ctid, stays what it is until we write it ourselves.
HOLD = """
SELECT contact_id, generation, ctid FROM scoring_standing
WHERE contact_id = ANY(%s::bigint[]) ORDER BY contact_id FOR NO KEY UPDATE
"""
BEGIN = """
INSERT INTO scoring_standing (contact_id, sums, fit, engagement, score, grade,
    generation, due_at)
SELECT id, '{}', 0, 0, 0, '', 0, NULL FROM contacts_contact
WHERE id = ANY(%s::bigint[]) AND merged_into_id IS NULL
ORDER BY id ON CONFLICT (contact_id) DO NOTHING
"""
AS_THEY_ARE = """
SELECT old.contact_id, old.sums, old.grade, old.generation
FROM scoring_standing AS old WHERE old.contact_id = ANY(%(contacts)s)
"""
# Sums that are told are added, or put in the place of what was. OFFSET: the array is
# made once for each row, and not anew for each of its slots that is looked at.
WITH_OTHER_SUMS = """
SELECT old.contact_id, ARRAY[{sums}]::float8[] AS sums, old.grade, old.generation
FROM scoring_standing AS old
LEFT JOIN (
    SELECT contact_id{columns} FROM unnest(
        %(who)s::bigint[], %(slots)s::int[], %(values)s::float8[]
    ) AS one (contact_id, slot, value) GROUP BY contact_id
) AS told ON told.contact_id = old.contact_id
WHERE old.ctid = ANY(%(places)s::tid[]) OFFSET 0
"""
COLUMN = ", sum(value) FILTER (WHERE slot = {slot}) AS s{slot}"
WRITE = """
WITH found AS MATERIALIZED ({graded}), written AS (
    UPDATE scoring_standing AS kept SET
        sums = found.sums, fit = found.fit, engagement = found.engagement,
        score = found.score, grade = found.grade, generation = %(generation)s,
        due_at = CASE WHEN NOT found.for_ever THEN found.due_at END,
        graded_at = CASE WHEN found.was = found.grade THEN kept.graded_at
            ELSE %(at)s END
    FROM found
    WHERE kept.contact_id = found.contact_id AND (
        kept.due_at <= %(at)s OR kept.sums IS DISTINCT FROM found.sums
        OR (kept.fit, kept.engagement, kept.grade, kept.generation)
            IS DISTINCT FROM (found.fit, found.engagement, found.grade, %(generation)s)
    )
    RETURNING kept.contact_id, found.was, kept.grade, kept.score, found.was_under
)
SELECT NULL::bigint, '', '', count(*), 0 FROM written
UNION ALL SELECT * FROM written
WHERE NOT %(silent)s AND grade <> was AND was_under IN (0, %(generation)s)
"""
DUE = """
SELECT contact_id FROM scoring_standing WHERE due_at <= %s
ORDER BY contact_id LIMIT %s FOR NO KEY UPDATE SKIP LOCKED
"""
LUMP = 20_000


class Held(NamedTuple):
    """A row: under which rules it was graded, and where it lies."""

    under: int
    place: str


class One(NamedTuple):
    """By how much a contact's sum of a slot grows, or what takes its place."""

    contact_id: int
    slot: int
    value: float


def hold(contacts: Iterable[int]) -> dict[int, Held]:
    """Rows of these, which nobody else writes until the end; made where there is none.
    Who was merged away gets none."""
    wanted = set(contacts)
    held = held_of(wanted)
    if missing := wanted - held.keys():
        with connection.cursor() as cursor:
            cursor.execute(BEGIN, [as_array(sorted(missing))])
        held |= held_of(missing)
    return held


def held_of(contacts: Iterable[int]) -> dict[int, Held]:
    with connection.cursor() as cursor:
        cursor.execute(HOLD, [as_array(sorted(contacts))])
        return {pk: Held(under, place) for pk, under, place in cursor.fetchall()}


def settle(
    contacts: Iterable[int],
    *,
    at: datetime,
    scale: Scale | None = None,
    silent: bool = False,
) -> int:
    """Of these, which are held; answers how many rows were written."""
    told = {"contacts": sorted(contacts)}
    scale = scale or Scale.now(at=at)
    return write(AS_THEY_ARE, told, at=at, scale=scale, silent=silent)


def put(
    ones: Collection[One],
    *,
    held: dict[int, Held],
    replaces: Collection[int],
    at: datetime,
    silent: bool = False,
) -> None:
    """New sums of contacts: added to what is there, or in its place where the slot is
    one of `replaces`. `held` is what `hold` told of them."""
    if not ones:
        return
    who, on, values = zip(*ones, strict=True)
    scale = Scale.now(at=at)
    if not silent:
        held = bring_to_today(held, scale)
    slots = sorted(set(on))
    replaced = set(replaces)
    most = ScoreVersion.objects.counting().aggregate(most=Max("slot"))["most"] or 0

    def value(slot: int) -> str:
        old = f"coalesce(old.sums[{slot}], 0)"
        if slot not in slots:
            return old
        new = f"told.s{slot}"
        kept = f"coalesce({new}, {old})"
        return kept if slot in replaced else f"{old} + coalesce({new}, 0)"

    places = [held[pk].place for pk in set(who) if pk in held]
    told: dict[str, Any] = {
        "places": f"{{{','.join(map(json.dumps, places))}}}",
        "who": as_array(who),
        "slots": as_array(on),
        "values": as_array(values),
    }
    source = WITH_OTHER_SUMS.format(
        sums=", ".join(value(slot) for slot in range(1, most + 1)),
        columns="".join(COLUMN.format(slot=slot) for slot in slots),
    )
    write(source, told, at=at, scale=scale, silent=silent)


def as_array(numbers: Iterable[float]) -> str:
    """As PostgreSQL writes one: thousands of numbers are many times faster said so."""
    return f"{{{','.join(map(repr, numbers))}}}"


def bring_to_today(held: dict[int, Held], scale: Scale) -> dict[int, Held]:
    """Those graded under other rules: without news of it. Where all lie now."""
    today = (0, scale.generation)
    others = [pk for pk, row in held.items() if row.under not in today]
    if not others:
        return held
    settle(others, at=scale.at, scale=scale)
    return held | held_of(others)


def write(
    source: str,
    held: dict[str, Any],
    *,
    at: datetime,
    scale: Scale,
    silent: bool = False,
) -> int:
    statement = WRITE.format(graded=graded(scale, source=source))
    told = {**held, "at": at, "generation": scale.generation, "silent": silent}
    with connection.cursor() as cursor:
        cursor.execute(statement, told)
        [(*_nobody, many, _never), *rows] = cursor.fetchall()
    tell(rows, at=at)
    return many


def tell(rows: list[tuple], *, at: datetime) -> None:
    """Of whoever is new, if it is not the lowest; whoever was graded under other rules
    is not among them."""
    record_all(
        GradeChanged(
            at=at,
            source=EventRecord.Source.SYSTEM,
            contact_id=contact_id,
            grade=grade,
            was=was,
            score=score,
            ends="better" if is_better(grade, was) else "worse",
        )
        for contact_id, was, grade, score, _under in rows
        if grade != (was or LOWEST)
    )


def sweep(*, at: datetime) -> int:
    """All whose score may have changed by itself. The table is read through: an index
    would make every earning dearer."""
    many = 0
    while True:
        with transaction.atomic():
            share_turn(TURN)
            with connection.cursor() as cursor:
                cursor.execute(DUE, [at, LUMP])
                due = [pk for (pk,) in cursor.fetchall()]
            if not due:
                return many
            settle(due, at=at)
            many += len(due)

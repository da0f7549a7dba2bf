"""Something happened: what is earned for it is written down, once, and scores follow.

The ledger and the sums are written in one transaction. For one thing that happened a
version earns one line, however often and in which order it is told: a unique row says
so. A line goes to whoever the contact is by now; those who merge them wait, or we do.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Any, NamedTuple

from django.db import connection, transaction

from apps.common.turns import share_turn
from apps.events.event import Event
from apps.rules.algebra import named, prefixed
from apps.scoring.fold import DAY, sums
from apps.scoring.models import ScoreVersion
from apps.scoring.scenes import EARNING, scene_called
from apps.scoring.settle import TURN, One, as_array, hold, put
from apps.segments.scenes import NoSuchScene, NotNarrowedSo

LATELY = timedelta(hours=3)
MOST = 5_000  # lines of one transaction
# Which version earns for which events. What the first pull finds is history.
MEANT = """
SELECT {version}::bigint AS version_id, row.contact_id,
    coalesce((row.facts->>'{fact}')::bigint, row.id) AS cause, row.at,
    {points}::smallint AS points
FROM {events} AS row
WHERE row.kind = %(kind)s AND row.source <> 'first_pull' AND row.contact_id IS NOT NULL
    {days} {more}
"""
# Events, read once for all versions.
HEARD = """
WITH heard AS MATERIALIZED (
    SELECT row.id, row.kind, row.source, row.contact_id, row.facts, row.at
    FROM events_eventrecord AS row WHERE {which}
)
"""
TOLD = f"""{HEARD}
SELECT contact_id, version_id, cause, at::text, points FROM ({{meant}}) AS meant
"""
# The same, written down at once where nobody was merged away meanwhile; whoever was is
# told with no version.
EARN = f"""{HEARD}
, meant AS MATERIALIZED ({{meant}}
), whose AS MATERIALIZED (
    SELECT id, merged_into_id FROM contacts_contact
    WHERE id = ANY(ARRAY(SELECT contact_id FROM meant)) ORDER BY id FOR KEY SHARE
), written AS (
    INSERT INTO scoring_earning (contact_id, version_id, cause, at, points)
    SELECT contact_id, version_id, cause, at, points FROM meant
    JOIN whose ON whose.id = contact_id AND whose.merged_into_id IS NULL
    ORDER BY version_id, cause ON CONFLICT (version_id, cause) DO NOTHING
    RETURNING contact_id, version_id, extract(epoch FROM at)::float8, points
)
SELECT * FROM written
UNION ALL SELECT id, NULL, NULL, NULL FROM whose WHERE merged_into_id IS NOT NULL
"""
THESE = "row.id = ANY(%(records)s::bigint[])"
WHO_NOW = """
SELECT id, coalesce(merged_into_id, id) FROM contacts_contact
WHERE id = ANY(%s::bigint[]) ORDER BY id FOR KEY SHARE
"""
APPEND = """
INSERT INTO scoring_earning (contact_id, version_id, cause, at, points)
SELECT contact_id, version_id, cause, at, points FROM unnest(
    %s::bigint[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::smallint[]
) AS told (contact_id, version_id, cause, at, points)
ORDER BY version_id, cause
ON CONFLICT (version_id, cause) DO NOTHING
RETURNING contact_id, version_id, extract(epoch FROM at)::float8, points
"""


class Line(NamedTuple):
    """One line for the ledger; `at` as the database writes it."""

    contact_id: int
    version_id: int
    cause: int
    at: str
    points: int


def are_waited_for(events: Sequence[Event]) -> list[bool]:
    """Of events of one kind: does any rule earn for it?"""
    [kind] = {type(event) for event in events}
    scenes = [scene.name for scene in EARNING.values() if scene.event is kind]
    waits = ScoreVersion.objects.counting().filter(scene__in=scenes).exists()
    return [waits and event.contact_id is not None for event in events]


def earn_for(event: Event, *, at: datetime) -> None:
    if event.record_id is not None:
        earn([event.record_id], kinds={type(event)}, at=at)


@transaction.atomic
def earn(
    records: Collection[int], *, at: datetime, kinds: Collection[type[Event]] = ()
) -> int:
    """For these rows of the event log; answers how many lines are new."""
    scenes = [s.name for s in EARNING.values() if not kinds or s.event in kinds]
    versions = list(ScoreVersion.objects.counting().filter(scene__in=scenes))
    parts, told = statements(versions, events="heard")
    if not parts:
        return 0
    told["records"] = as_array(records)
    share_turn(TURN)
    with connection.cursor() as cursor:
        cursor.execute(EARN.format(which=THESE, meant=" UNION ALL ".join(parts)), told)
        rows = cursor.fetchall()
    new = [row for row in rows if row[1] is not None]
    add_up(new, at=at)
    if len(new) < len(rows):  # those events are their survivor's by now
        found = meant(versions, which=THESE, records=told["records"])
        return len(new) + append(found, at=at)
    return len(new)


def meant(versions: Iterable[ScoreVersion], *, which: str, **held: Any) -> list[Line]:
    """What these versions earn for, of events that fit `which`, read once."""
    parts, told = statements(versions, events="heard")
    if not parts:
        return []
    with connection.cursor() as cursor:
        statement = TOLD.format(which=which, meant=" UNION ALL ".join(parts))
        cursor.execute(statement, {**told, **held})
        return list(map(Line._make, cursor.fetchall()))


def statements(
    versions: Iterable[ScoreVersion], *, events: str = "events_eventrecord"
) -> tuple[list[str], dict[str, Any]]:
    """One for each; a version that is understood no longer earns nothing."""
    parts: list[str] = []
    held: dict[str, Any] = {}
    for version in versions:
        if not version.is_event or f"v{version.ledger}_kind" in held:
            continue
        try:
            scene = scene_called(version.scene)
            more, mine = scene.where(scene.read(version.narrowed))
        except (NoSuchScene, NotNarrowedSo) as wrong:
            trouble = str(wrong)[:300]
            ScoreVersion.objects.filter(pk=version.pk).update(trouble=trouble)
            continue
        days = ""
        for sign, name in ((">=", "first_day"), ("<=", "last_day")):
            if day := getattr(version, name):
                days += f" AND (row.at AT TIME ZONE %(zone)s)::date {sign} %({name})s"
                mine[name] = day
        sql = MEANT.format(
            version=version.ledger,
            fact=scene.fact or "-",
            points=version.points,
            days=days,
            more=more,
            events=events,
        )
        prefix = f"v{version.ledger}_"
        parts.append(f"({prefixed(sql, prefix)})")
        held |= named(mine.items(), prefix)
    return parts, held


@transaction.atomic
def append(lines: Iterable[Line], *, at: datetime) -> int:
    """Those that are not there yet, for whoever each contact is by now."""
    lines = list(lines)
    if not lines:
        return 0
    share_turn(TURN)
    now = who_now({line.contact_id for line in lines})
    kept = [line for line in lines if line.contact_id in now]
    columns: list[Any] = [
        as_array(now[line.contact_id] for line in kept),
        as_array(line.version_id for line in kept),
        as_array(line.cause for line in kept),
        f"{{{','.join(f'"{line.at}"' for line in kept)}}}",
        as_array(line.points for line in kept),
    ]
    with connection.cursor() as cursor:
        cursor.execute(APPEND, columns)
        new = cursor.fetchall()
    add_up(new, at=at)
    return len(new)


def who_now(contacts: Iterable[int]) -> dict[int, int]:
    """Whose a contact's lines are; nobody can merge these until the end."""
    found: dict[int, int] = {}
    asked = set(contacts)
    with connection.cursor() as cursor:
        while asked:
            cursor.execute(WHO_NOW, [as_array(sorted(asked))])
            rows = dict(cursor.fetchall())
            found |= rows
            asked = set(rows.values()) - found.keys()

    def last(pk: int) -> int:
        while found.get(pk, pk) != pk:
            pk = found[pk]
        return pk

    return {pk: last(pk) for pk in found}


def add_up(new: Collection[tuple[int, int, float, int]], *, at: datetime) -> None:
    """Sums of contacts, who are held from here on: added to, or folded again where not
    every line counts. A line is whose, by which version, when (seconds of Unix), and
    points."""
    if not new:
        return
    held = hold(contact_id for contact_id, *_rest in new)
    versions = {v.pk: v for v in ScoreVersion.objects.counting() if v.slot}
    sharing: dict[int, list[ScoreVersion]] = defaultdict(list)
    for version in versions.values():
        sharing[version.ledger].append(version)
    ones: list[One] = []
    again: dict[int, set[int]] = defaultdict(set)
    weigh = {pk: weights(version) for pk, version in versions.items()}
    for contact_id, ledger, when, points in new:
        for version in sharing[ledger]:
            if version.is_event and version.counts == version.Counts.EACH:
                value = weigh[version.pk](when) * points
                ones.append(One(contact_id, version.slot or 0, value))
            else:
                again[version.pk].add(contact_id)
    folded = [versions[pk] for pk in sorted(again)]
    if folded:
        asked = set().union(*again.values())
        ones += refolded(folded, asked)
    replaced = {v.slot for v in folded if v.slot}
    put(ones, held=held, replaces=replaced, at=at)


def weights(version: ScoreVersion) -> Callable[[float], float]:
    """Of a moment (seconds of Unix): what a point of then weighs at the landmark."""
    if not version.half_life:
        return lambda _when: 1.0
    landmark, half = version.landmark.timestamp(), version.half_life * DAY
    return lambda when: 2.0 ** min(max((when - landmark) / half, -995.0), 995.0)


def refolded(versions: Sequence[ScoreVersion], contacts: Iterable[int]) -> list[One]:
    """The sums of these, read whole from the ledger."""
    slots = [version.slot for version in versions if version.slot]
    asked = sorted(contacts)
    found = {pk: dict.fromkeys(slots, 0.0) for pk in asked}
    statement, held = sums(versions, who="= ANY(%(who)s)")
    with connection.cursor() as cursor:
        cursor.execute(statement, {**held, "who": asked})
        for contact_id, *values in cursor.fetchall():
            found[contact_id] = dict(zip(slots, values, strict=True))
    return [One(pk, *one) for pk, mine in found.items() for one in mine.items()]


def earn_lately(*, at: datetime) -> int:
    """What was recorded in the last hours, once more: a rule may have come while it
    was under way. Who has heard of it already earns nothing new."""
    versions = list(ScoreVersion.objects.counting())
    which = "row.recorded_at >= %(lately)s"
    found = meant(versions, which=which, lately=at - LATELY)
    many = 0
    for lump in batched(found, MOST):
        many += append(lump, at=at)
    return many

"""Work out anew who is in; tell who came and who went.

Members are swapped in one transaction: whoever reads sees those of before or those of
after. All sets are read by one statement. The segment is held meanwhile, so that a rule
that is edited waits, and is worked out by a refresh of its own.

Who comes since the rule was changed is no news: nothing has happened to them.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone
from pyroaring import BitMap

from apps.common.faults import reached
from apps.common.jobs import Job, Lane
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.rules import bitmaps, facts, sheets
from apps.rules.algebra import atoms
from apps.rules.compile import compiled, day_of, found_by
from apps.rules.tree import Node, read
from apps.segments.events import SegmentEntered, SegmentLeft
from apps.segments.models import Refresh, Segment, SegmentContact, SegmentDay

LUMP = 50_000  # members that a statement carries

MEMBERS = """
SELECT string_agg(int4send(contact_id::int), ''::bytea)
FROM segments_segmentcontact WHERE segment_id = %s
"""
LET_GO = """
DELETE FROM segments_segmentcontact WHERE segment_id = %s AND contact_id = ANY(%s)
"""
# Whoever is erased meanwhile is passed over.
LET_IN = """
INSERT INTO segments_segmentcontact (segment_id, contact_id, entered_at)
SELECT %s, id, %s FROM contacts_contact WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE
ON CONFLICT (segment_id, contact_id) DO NOTHING
"""


@transaction.atomic
def refresh(*, segment_id: int, at: datetime) -> "Job.Status | None":
    rows = Segment.objects.select_for_update(no_key=True)  # more may ask meanwhile
    segment = rows.filter(pk=segment_id).first()
    if segment is None or not segment.is_rule:
        return Job.Status.IGNORED
    rule = read(segment.rule)
    # departments have other people by now
    segment.topics = topics_of(rule, at=at)
    found = found_by(rule, at=at).members
    came, went = put_in(segment, found, at=at)
    if segment.filled_version == segment.version:
        record_all(news_of(segment, came, went, at=at))
    segment.filled_version = segment.version
    note_size(segment, found, came=len(came), went=len(went), at=at)
    return None


def put_in(segment: Segment, found: BitMap, *, at: datetime) -> tuple[BitMap, BitMap]:
    """Exactly these are in from now on; who came, and who went."""
    before = members_of(segment)
    came, went = found - before, before - found
    with connection.cursor() as cursor:
        for lump in batched(went, LUMP):
            cursor.execute(LET_GO, [segment.pk, list(lump)])
        reached("seg.mid")
        for lump in batched(came, LUMP):
            cursor.execute(LET_IN, [segment.pk, at, list(lump)])
    return came, went


def members_of(segment: Segment) -> BitMap:
    with connection.cursor() as cursor:
        cursor.execute(MEMBERS, [segment.pk])
        return bitmaps.packed(cursor.fetchone()[0])


def news_of(
    segment: Segment, came: BitMap, went: BitMap, *, at: datetime
) -> Iterator[SegmentEntered | SegmentLeft]:
    told: dict[str, Any] = {
        "at": at,
        "source": EventRecord.Source.SYSTEM,
        "segment_id": segment.pk,
    }
    for kind, contacts in ((SegmentEntered, came), (SegmentLeft, went)):
        for contact_id in contacts:
            yield kind(contact_id=contact_id, **told)


def note_size(
    segment: Segment, found: BitMap, *, came: int, went: int, at: datetime
) -> None:
    segment.many, segment.refreshed_at = len(found), at
    segment.save(update_fields=["many", "refreshed_at", "filled_version", "topics"])
    day, made = SegmentDay.objects.get_or_create(
        segment=segment,
        day=timezone.localdate(at),
        defaults={"size": len(found), "came": came, "went": went},
    )
    if not made:
        SegmentDay.objects.filter(pk=day.pk).update(
            size=len(found), came=F("came") + came, went=F("went") + went
        )


# --- when -----------------------------------------------------------------------------


def ask_for(segments: Iterable[Segment]) -> None:
    """One that nobody has begun serves all who ask meanwhile."""
    wanted = {segment.pk for segment in segments if segment.is_rule}
    waiting = Refresh.objects.filter(
        of__in=wanted, status=Job.Status.WAITING, attempts=0
    )
    wanted -= set(waiting.values_list("of", flat=True))
    made = [Refresh(of_id=pk, lane=Lane.BULK) for pk in sorted(wanted)]
    Refresh.objects.bulk_create(made)
    if made:
        made[0].ring()


def follow_changes(*, at: datetime) -> None:
    """What changed is folded into the kept sets; segments that it concerns are due.
    Both or neither: whoever dies in between would leave them to the full hour."""
    with transaction.atomic():
        mark_due(bitmaps.fold(at=at))
    facts.complete()
    sheets.complete()


def mark_due(changed: set[tuple[str, str]]) -> None:
    if not changed:
        return
    names = {f"{topic}:" for topic, _key in changed}
    names |= {f"{topic}:{key}" for topic, key in changed if key}
    names |= {
        f"{topic}:{key}"
        for topic, key in keys_in_use()
        if (topic, "") in changed and key
    }
    ask_for(Segment.objects.filter(kind=Segment.Kind.RULE, topics__overlap=[*names]))


def keys_in_use() -> set[tuple[str, str]]:
    told = Segment.objects.values_list("topics", flat=True)
    pairs = (name.partition(":") for names in told for name in names)
    return {(topic, key) for topic, _colon, key in pairs}


def refresh_all() -> None:
    ask_for(Segment.objects.filter(kind=Segment.Kind.RULE))


def topics_of(node: Node, *, at: datetime) -> list[str]:
    """The changes that can change who is in it."""
    found = {"contact:"}
    for atom in atoms(compiled(node, today=day_of(at))):
        found.add(f"{atom.topic}:{atom.key}")
    return sorted(found)


def is_member(segment: Segment, contact_id: int) -> bool:
    rows = SegmentContact.objects.filter(segment=segment, contact=contact_id)
    return rows.exists()

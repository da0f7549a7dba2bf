"""A merge is taken back.

Exactly what it moved goes back, and each field becomes what it was. Merges of the same
people may be taken back in any order: what a later one did on top stands, and its
journal then knows that this one is gone. What had been pushed aside for a row that goes
comes up again. What a person or WeCom has changed since is left as it is.

What came after the merge stays with the winner and is listed, but for what hangs on an
id that goes back: a new follow of that id, its tags, its events belong with it. The
pair is never proposed again, nor merged by itself, until a person says otherwise.
"""

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from apps.common.errors import Refused
from apps.common.faults import reached
from apps.contacts import proposals
from apps.contacts.came_later import bring_along, holder_of, later_of
from apps.contacts.events import MergeUndone
from apps.contacts.merge import as_text, hold, point, whole
from apps.contacts.models import Contact, Merge, Moved
from apps.contacts.noting_merges import note_undoing
from apps.contacts.pointers import (
    Pointer,
    collisions,
    pointers,
)
from apps.contacts.settle import settle
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import User

LISTED = 1_000  # of one kind
# Told by follows: what a merge made of them says nothing once it is taken back.
TOLD = {"owner_id", "standing", "served_by", "added_at", "spelling", "grams"}

PUT_BACK = """
UPDATE contacts_contact AS contact SET {columns}
FROM jsonb_populate_record(NULL::contacts_contact, %s::jsonb) AS was
WHERE contact.id = %s
"""


class AlreadyUndone(Refused):
    """This merge has been taken back already."""

    code = "already_undone"


class SomethingInTheWay(Refused):
    """What would come back is there once more: remove the newer one first."""

    code = "something_in_the_way"


@transaction.atomic
def undo(*, merge: Merge, at: datetime, by: User | None = None) -> Merge:
    """The journal, with what stayed. The winner may have been merged on meanwhile."""
    merge = held(merge)
    later = later_of(merge)
    way = way_up(merge)
    holder = way[-1].winner_id
    Contact.objects.filter(pk=merge.loser_id).update(merged_into=None)
    for number, pointer in enumerate(pointers()):
        if number == len(pointers()) // 2:
            reached("merge.mid")
        put_back(pointer, way)
    bring_along(merge, holder=holder)
    put_fields_back(merge)
    settle([holder, merge.loser_id])
    merge.undone_at, merge.undone_by = at, by
    merge.later = {
        str(each.pointer): as_text(each.keys[:LISTED]) for each in later if each.keys
    }
    merge.save(update_fields=["undone_at", "undone_by", "later"])
    proposals.taken_back(merge, at=at, by=by)
    note_undoing(merge, by=by, at=at)
    record_all(
        MergeUndone(
            at=at,
            source=EventRecord.Source.PERSON if by else EventRecord.Source.SYSTEM,
            contact_id=contact_id,
            actor_id=by.pk if by else None,
            merge_id=merge.pk,
            other_id=other_id,
        )
        for contact_id, other_id in (
            (holder, merge.loser_id),
            (merge.loser_id, holder),
        )
    )
    return merge


def held(merge: Merge) -> Merge:
    """The journal as it is once nobody else can touch these people."""
    merge = Merge.objects.get(pk=merge.pk)
    hold(*{merge.loser_id, merge.winner_id, holder_of(merge)})
    merge.refresh_from_db()
    if merge.undone_at is not None:
        raise AlreadyUndone
    return merge


def way_up(merge: Merge) -> list[Merge]:
    """This merge, that of its winner, and so on, to whoever has the rows now."""
    way = [merge]
    standing = Merge.objects.filter(undone_at__isnull=True)
    while further := standing.filter(loser=way[-1].winner_id).first():
        way.append(further)
    return way


# --- rows -----------------------------------------------------------------------------


def put_back(pointer: Pointer, way: list[Merge]) -> None:
    """By way of nobody, so that no two are ever the same at one contact."""
    merge, *above = way
    winner, loser, holder = merge.winner_id, merge.loser_id, way[-1].winner_id
    lines = lines_of(pointer, way)
    line = lines.get(merge.pk)
    if line is not None:
        where, nobody = [journal.winner_id for journal in way], -loser
        gone = [*line.moved, *line.risen]
        for journal in above:  # they shall not take along what is none of theirs
            forget(lines.get(journal.pk), gone)
        point(pointer, to=nobody, at=where, only=gone if above else line.risen)
        take_from_below(pointer, gone, way=way, to=nobody)
        if above:
            come_up(pointer, holder)
        put_where_it_was(pointer, line, winner=winner, loser=loser)
        point(pointer, to=loser, at=[nobody, *where], only=gone)
        if above:
            remember(pointer, above[0], stayed=line.folded)
    come_up(pointer, holder)


def take_from_below(
    pointer: Pointer, keys: Collection[str], *, way: list[Merge], to: int
) -> None:
    """Of these rows, those that another merge into the same people has laid aside with
    whom it merged away: the other rows took their place since."""
    others = Moved.objects.filter(
        merge__winner__in=[journal.winner_id for journal in way],
        merge__undone_at__isnull=True,
        model=pointer.model._meta.label,
        field=pointer.field.name,
    ).exclude(merge__in=[journal.pk for journal in way])
    for line in others.select_related("merge"):
        aside = set(line.folded).intersection(keys)
        if aside:
            point(pointer, to=to, at=line.merge.loser_id, only=aside)
            forget(line, aside)


def put_where_it_was(pointer: Pointer, line: Moved, *, winner: int, loser: int) -> None:
    rows = pointer.model._base_manager
    coming = rows.filter(pk__in=line.folded, **{pointer.field.attname: loser})
    if line.folded and collisions(pointer, coming=coming, there=pointer.at(winner)):
        raise SomethingInTheWay(detail=str(pointer.model._meta.verbose_name))
    point(pointer, to=winner, at=loser, only=line.folded)


def come_up(pointer: Pointer, holder: int) -> None:
    """What lies with those merged into the holder, and has no reason to any more."""
    for merge, keys_of_it in who_lies_below(pointer, holder):
        lying = pointer.at(merge.loser_id).filter(pk__in=keys_of_it)
        clash = collisions(pointer, coming=lying, there=pointer.at(holder))
        tied = pointer.between(merge.loser_id, holder).values_list("pk", flat=True)
        keys = set(lying.values_list("pk", flat=True))
        rising = keys - {mine for mine, _theirs in clash} - set(tied)
        if not rising:
            continue
        risen = point(pointer, to=holder, at=merge.loser_id, only=rising)
        first, *above = way_up(merge)
        line = lines_of(pointer, [first]).get(first.pk)
        own = set(risen) - set(line.folded if line else ())
        forget(line, risen)
        remember(pointer, first, moved=own)
        for journal in above:
            remember(pointer, journal, moved=risen)


def who_lies_below(pointer: Pointer, holder: int) -> list[tuple[Merge, list[Any]]]:
    """Rows by the merge that laid them aside. If several did, one by one: of those that
    may not both come up, it is the one that outlives the others in a merge."""
    below = Merge.objects.filter(undone_at__isnull=True, loser__merged_into=holder)
    by_loser = {merge.loser_id: merge for merge in below.order_by("pk")}
    order = getattr(pointer.model, "survives_merge", ("pk",))
    rows = pointer.model._base_manager.filter(
        **{f"{pointer.field.attname}__in": list(by_loser)}
    ).order_by(*order, "pk")
    found = [
        (by_loser[loser], pk)
        for pk, loser in rows.values_list("pk", pointer.field.attname)
    ]
    merges = {merge.pk: merge for merge, _pk in found}
    if len(merges) == 1:
        [merge] = merges.values()
        return [(merge, [pk for _merge, pk in found])]
    return [(merge, [pk]) for merge, pk in found]


def lines_of(pointer: Pointer, journals: Iterable[Merge]) -> dict[int, Moved]:
    found = Moved.objects.filter(
        merge__in=[journal.pk for journal in journals],
        model=pointer.model._meta.label,
        field=pointer.field.name,
    )
    return {line.merge_id: line for line in found}


LISTS = ("moved", "risen", "folded", "stayed")


def forget(line: Moved | None, keys: Collection[str]) -> None:
    if line is None:
        return
    before = [getattr(line, name) for name in LISTS]
    for name in LISTS:
        setattr(line, name, sorted(set(getattr(line, name)).difference(keys)))
    if before != [getattr(line, name) for name in LISTS]:
        line.save(update_fields=LISTS)


def remember(pointer: Pointer, journal: Merge, **keys: Collection[str]) -> None:
    for name, added in keys.items():
        if added:
            line, _made = Moved.objects.get_or_create(
                merge=journal,
                model=pointer.model._meta.label,
                field=pointer.field.name,
            )
            setattr(line, name, sorted({*getattr(line, name), *added}))
            line.save(update_fields=[name])


# --- fields ---------------------------------------------------------------------------


def put_fields_back(merge: Merge) -> None:
    """Each field becomes what it was, unless it was changed since; where a later merge
    changed it as well, that one shall put back what was before this one."""
    now = whole(merge.winner_id, merge.loser_id)
    for pk in (merge.winner_id, merge.loser_id):
        was = {}
        for name, (before, after) in merge.fields.get(str(pk), {}).items():
            if later := next(later_journals(merge, pk, name), None):
                later.fields[str(pk)][name][0] = before
                later.save(update_fields=["fields"])
            elif name in TOLD or now[pk][name] == after:
                was[name] = before
        write(pk, was)


def later_journals(merge: Merge, pk: int, name: str) -> Iterator[Merge]:
    journals = Merge.objects.filter(pk__gt=merge.pk, undone_at__isnull=True)
    journals = journals.filter(Q(winner=pk) | Q(loser=pk)).order_by("pk")
    return (each for each in journals if name in each.fields.get(str(pk), {}))


def write(pk: int, values: dict[str, Any]) -> None:
    if not values:
        return
    names: Iterable[str] = map(connection.ops.quote_name, values)
    columns = ", ".join(f"{name} = was.{name}" for name in names)
    with connection.cursor() as cursor:
        cursor.execute(PUT_BACK.format(columns=columns), [json.dumps(values), pk])

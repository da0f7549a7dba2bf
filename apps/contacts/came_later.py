"""What came after a merge: it stays with the winner when the merge is taken back.

But for what hangs on an id that goes back to the loser: a new follow of that id, its
tags, its events belong with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet

from apps.contacts.merge import point
from apps.contacts.models import Contact, Merge, Moved
from apps.contacts.pointers import (
    Pointer,
    by_way_of_an_id,
    collisions,
    pointers,
    told_by_id,
)
from apps.events.models import EventRecord


@dataclass(frozen=True, kw_only=True)
class Later:
    """Rows of one model that came after a merge and stay with the winner."""

    pointer: Pointer
    keys: list[Any]


def holder_of(merge: Merge) -> int:
    """Who has the rows now: the winner, or into whom they were merged."""
    loser = Contact.objects.get(pk=merge.loser_id)
    return loser.merged_into_id or merge.winner_id


def later_of(merge: Merge) -> list[Later]:
    """What came since, but for what hangs on an id that goes back to the loser."""
    back = ids_that_go_back(merge)
    found = []
    for pointer, rows in all_since(merge, holder=holder_of(merge)):
        along = set(keys_of(rows.filter(hangs_on(pointer, back))))
        keys = [key for key in keys_of(rows.order_by("pk")) if key not in along]
        found.append(Later(pointer=pointer, keys=keys))
    return [later for later in found if later.keys]


def keys_of(rows: QuerySet) -> list[Any]:
    return list(rows.values_list("pk", flat=True))


def all_since(merge: Merge, *, holder: int) -> Iterator[tuple[Pointer, QuerySet]]:
    """The rows of each model that have come to the holder since."""
    lines = {(line.model, line.field): line for line in merge.moved.all()}
    for pointer in pointers():
        if pointer.counts_up and pointer.model is not Contact:
            line = lines.get((pointer.model._meta.label, pointer.field.name))
            yield pointer, since(pointer, line, holder=holder)


def since(pointer: Pointer, line: Moved | None, *, holder: int) -> QuerySet:
    rows = pointer.at(holder)
    if line is None:
        return rows
    last = int(line.last_key or 0)
    gone = [key for key in map(int, [*line.moved, *line.risen]) if key > last]
    return rows.filter(pk__gt=last).exclude(pk__in=gone)


def ids_that_go_back(merge: Merge) -> list[int]:
    line = merge.moved.filter(model="contacts.Identity", field="contact").first()
    return [*map(int, line.moved), *map(int, line.risen)] if line else []


def hangs_on(pointer: Pointer, identities: list[int]) -> Q:
    """Rows that belong with one of these identities, wherever they are."""
    found = Q(pk__in=[])
    for way in by_way_of_an_id(pointer):
        found |= Q(**{f"{way.removesuffix('__contact')}__in": identities})
    if pointer.model is EventRecord:
        for fact, model, field in told_by_id():
            rows = model._base_manager.filter(**{f"{field}__in": identities})
            found |= Q(**{f"facts__{fact}__in": keys_of(rows)})
    return found


def bring_along(merge: Merge, *, holder: int) -> None:
    """What came since and hangs on an id of the loser goes with it."""
    back = ids_that_go_back(merge)
    for pointer, since_then in all_since(merge, holder=holder) if back else ():
        rows = since_then.filter(hangs_on(pointer, back))
        clash = collisions(pointer, coming=rows, there=pointer.at(merge.loser_id))
        keys = set(keys_of(rows)) - {mine for mine, _theirs in clash}
        point(pointer, to=merge.loser_id, at=holder, only=keys)

"""Two contacts turn out to be one person.

Every row of every app that points at the loser points at the winner afterwards; links
keep all their columns. The loser stays as a row that leads on to the winner: old links
still arrive, and what the merge pushed aside lies with it. Of two rows that may not
both be there the older outlives the other, or whichever the model says (pointers.py).
The journal knows each row that was moved and each field that was changed: unmerge.py
takes the merge back, in any order with others.

Of the contact's own fields the winner's stand unless they are empty, or the loser's
were chosen. What was chosen against what WeCom says is pinned: a later reading leaves
it alone.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Max

from apps.common.errors import Refused
from apps.common.faults import reached
from apps.common.turns import take_turns
from apps.contacts import proposals
from apps.contacts.events import ContactsMerged
from apps.contacts.identify import turn
from apps.contacts.models import Contact, Identity, Merge, Moved
from apps.contacts.noting_merges import note_merge
from apps.contacts.pointers import Pointer, Settled, collisions, pointers, settled
from apps.contacts.proposals import SamePerson as SamePerson
from apps.contacts.settle import settle
from apps.contacts.statements import PROFILE
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.staff.models import User

# What is told by follows, or is about the row itself; the rest may be chosen.
NOT_CHOSEN = {
    *("id", "standing", "owner", "served_by", "added_at", "created_at", "read_at"),
    *("spelling", "grams", "merged_into", "pinned"),
}
# Nobody finds the loser, nor counts it.
HIDDEN: dict[str, Any] = {
    "owner_id": None,
    "standing": Contact.Standing.GROUP,
    "served_by": [],
    "spelling": "",
    "grams": [],
}

WHOLE = """
SELECT id, to_jsonb(contact)::text FROM contacts_contact AS contact WHERE id = ANY(%s)
"""
LOCK = """
SELECT id, merged_into_id FROM contacts_contact WHERE id = ANY(%s)
ORDER BY id FOR UPDATE
"""


class AlreadyMerged(Refused):
    """One of the two has been merged into another contact meanwhile."""

    code = "already_merged"


class NoSuchContact(Refused):
    """One of the two is not there any more."""

    code = "no_such_contact"


def who_stays(one: Contact, other: Contact) -> Contact:
    """The customer of WeCom, or whoever we know longer."""
    return min((one, other), key=lambda c: (not external_ids([c.pk]), c.pk))


def choosable() -> list[Any]:
    """The fields of a contact between which a person chooses."""
    return [f for f in Contact._meta.concrete_fields if f.name not in NOT_CHOSEN]


@transaction.atomic
def merge(
    *,
    winner: Contact,
    loser: Contact,
    at: datetime,
    by: User | None = None,
    take: Collection[str] | None = None,
    reasons: Sequence[str] = (),
) -> Merge:
    """The journal of it. `take` names the fields that the loser's values are taken of;
    None fills what is empty."""
    if winner.pk == loser.pk:
        raise SamePerson
    into = hold(winner.pk, loser.pk)
    if any(into.values()):
        raise AlreadyMerged
    before = whole(winner.pk, loser.pk)
    journal = Merge.objects.create(
        winner=winner, loser=loser, at=at, by=by, reasons=list(reasons)
    )
    choose(winner, loser, take=take)
    for number, pointer in enumerate(pointers()):
        if number == len(pointers()) // 2:
            reached("merge.mid")
        move(pointer, journal)
    Contact.objects.filter(pk=loser.pk).update(merged_into=winner, **HIDDEN)
    settle([winner.pk])
    journal.fields = differences(before, whole(winner.pk, loser.pk))
    journal.save(update_fields=["fields"])
    proposals.overtaken_by(journal)
    note_merge(journal, by=by, at=at)
    record(
        ContactsMerged(
            at=at,
            source=EventRecord.Source.PERSON if by else EventRecord.Source.SYSTEM,
            contact_id=winner.pk,
            actor_id=by.pk if by else None,
            merge_id=journal.pk,
            other_id=loser.pk,
        )
    )
    return journal


# --- one at a time --------------------------------------------------------------------


def hold(*contact_ids: int) -> dict[int, int | None]:
    """Take the turns of these contacts, as whoever hears news of them does, and lock
    them; answer into whom each was merged. Once nobody else merges them, nobody else
    gives them other ids."""
    take_turns(*(f"merge:{pk}" for pk in contact_ids))
    take_turns(*map(turn, external_ids(contact_ids)))
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(contact_ids)])
        into = dict(cursor.fetchall())
    if len(into) < len(set(contact_ids)):
        raise NoSuchContact
    return into


def external_ids(contact_ids: Iterable[int]) -> set[str]:
    rows = Identity.objects.external().filter(contact__in=contact_ids)
    return set(rows.values_list("value", flat=True))


# --- the contact's own fields ---------------------------------------------------------


def choose(winner: Contact, loser: Contact, *, take: Collection[str] | None) -> None:
    """Write the winner's fields: those taken, what else is pinned, the earlier day."""
    winner.refresh_from_db()
    loser.refresh_from_db()
    told = {pk: bool(external_ids([pk])) for pk in (winner.pk, loser.pk)}
    theirs = [f.name for f in choosable() if is_taken(f, winner, loser, take=take)]
    first_told = {name: getattr(winner, name) for name in PROFILE}
    pinned = set(winner.pinned) | set(loser.pinned).intersection(theirs)
    for name in theirs:
        setattr(winner, name, getattr(loser, name))
    if told[winner.pk] and told[loser.pk]:
        pinned |= set(PROFILE)
    elif told[winner.pk] or told[loser.pk]:
        says = first_told if told[winner.pk] else vars(loser)
        pinned |= {name for name in PROFILE if getattr(winner, name) != says[name]}
    winner.pinned = sorted(pinned)
    winner.added_at = min(winner.added_at, loser.added_at)
    winner.owner_id = winner.owner_id or loser.owner_id
    if winner.standing == Contact.Standing.KNOWN:  # until their follows say more
        winner.standing = loser.standing
    written = [*theirs, "pinned", "added_at", "owner", "standing"]
    winner.save(update_fields=written)


def is_taken(
    field: Any, winner: Contact, loser: Contact, *, take: Collection[str] | None
) -> bool:
    if take is not None:
        return field.name in take
    mine, theirs = getattr(winner, field.attname), getattr(loser, field.attname)
    return not mine and bool(theirs)


def whole(*contact_ids: int) -> dict[int, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(WHOLE, [list(contact_ids)])
        return {pk: json.loads(row) for pk, row in cursor.fetchall()}


def differences(
    before: dict[int, dict[str, Any]], after: dict[int, dict[str, Any]]
) -> dict[str, dict[str, list[Any]]]:
    """By contact and column: what it was, and what it is."""
    return {
        str(pk): {
            name: [value, after[pk][name]]
            for name, value in before[pk].items()
            if after[pk][name] != value and name != "merged_into_id"
        }
        for pk in before
    }


# --- the rows that point at them ------------------------------------------------------


def move(pointer: Pointer, journal: Merge) -> None:
    """Let the rows of one model point at the winner; write down which."""
    winner, loser = journal.winner_id, journal.loser_id
    ours = set(pointer.between(loser, winner).values_list("pk", flat=True))
    tied = ours.union(pointer.between(winner, loser).values_list("pk", flat=True))
    fate = settled(
        pointer,
        collisions(
            pointer,
            coming=pointer.at(loser).exclude(pk__in=tied),
            there=pointer.at(winner),
        ),
    )
    stayed = ours.union(fate.stayed)
    push_aside(pointer, fate, winner=winner, loser=loser)
    left = {*stayed, *fate.folded, *fate.risen}
    moved = point(pointer, to=winner, at=loser, but=left)
    last = latest(pointer)
    if moved or fate.risen or stayed or last:
        Moved.objects.create(
            merge=journal,
            model=pointer.model._meta.label,
            field=pointer.field.name,
            moved=moved,
            risen=as_text(fate.risen),
            folded=as_text(fate.folded),
            stayed=as_text(stayed),
            last_key=last,
        )


def push_aside(pointer: Pointer, fate: Settled, *, winner: int, loser: int) -> None:
    """Survivors come, others go, by way of nobody: no two are ever the same. The
    database asks who "nobody" is only when all is done."""
    if fate.risen:
        nobody = -winner
        point(pointer, to=nobody, at=loser, only=fate.risen)
        point(pointer, to=loser, at=winner, only=fate.folded)
        point(pointer, to=winner, at=nobody, only=fate.risen)


def point(
    pointer: Pointer,
    *,
    to: int,
    at: int | Sequence[int],
    only: Iterable[Any] | None = None,
    but: Iterable[Any] = (),
) -> list[str]:
    """Let rows that point at one contact point at another; answer their keys."""
    which, keys = "NOT", as_text(but)
    if only is not None:
        which, keys = "", as_text(only)
        if not keys:
            return []
    places = [at] if isinstance(at, int) else list(at)
    statement = f"""
        WITH pointed AS (
            UPDATE {pointer.table} SET {pointer.column} = %s
            WHERE {pointer.column} = ANY(%s)
                AND {which} {pointer.key} = ANY(%s::text[]::{pointer.key_type}[])
            RETURNING {pointer.key} AS key
        )
        SELECT coalesce(array_agg(key::text ORDER BY key), '{{}}') FROM pointed
    """
    with connection.cursor() as cursor:
        cursor.execute(statement, [to, places, keys])
        [keys_as_text] = cursor.fetchone()
    return keys_as_text


def latest(pointer: Pointer) -> str:
    if not pointer.counts_up:
        return ""
    found = pointer.model._base_manager.aggregate(key=Max("pk"))["key"]
    return "" if found is None else str(found)


def as_text(keys: Iterable[Any]) -> list[str]:
    return sorted(map(str, keys))

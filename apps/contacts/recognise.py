"""Who is meant by the ids that another system tells; a stranger becomes a contact.

Ids are told in the order in which we trust them: the first one that somebody has says
who it is. The others are kept as theirs as well; where one of them is somebody else's,
the two may be one person (see contacts/identities.py).

Whoever meets a stranger takes turns with others who may meet the same one, and looks
again; so two make one contact (see common/turns.py).
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.common.copying import copy_in
from apps.common.spelling import grams, spelling
from apps.common.turns import take_turns
from apps.contacts.events import ContactCreated
from apps.contacts.identify import turn
from apps.contacts.identities import Id, Known, holders_of, keep_ids
from apps.contacts.models import Contact, Identity
from apps.events.bus import record_all
from apps.events.models import EventRecord

TURNS = 512  # a transaction cannot hold thousands of locks: many ids share one


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody as another system tells of them: ids by trust, and perhaps a name.

    With `contact_id` we know already who it is, whatever the ids say.
    """

    ids: tuple[Id, ...]
    name: str = ""
    contact_id: int | None = None

    @property
    def plain_ids(self) -> list[Id]:
        return [told.plain for told in self.ids]


@transaction.atomic(savepoint=False)
def recognise(
    people: Sequence[Person], *, source: EventRecord.Source, at: datetime
) -> list[int]:
    """The contact of each, in their order."""
    ids = {told for person in people for told in person.plain_ids}
    holders = holders_of(ids)
    if unknown := ids - holders.keys():
        take_turns(*map(turn_of, unknown))
        holders |= holders_of(unknown)
    strangers: list[Person] = []
    meant: list[int] = []  # below nought: a stranger's place
    for person in people:
        found = person.contact_id or next(
            (holders[told] for told in person.plain_ids if told in holders), None
        )
        if found is None:
            strangers.append(person)
            found = -len(strangers)
        for told in person.plain_ids:
            holders.setdefault(told, found)
        meant.append(found)
    made = make_contacts(
        [stranger(person.name[:255], at=at) for person in strangers],
        source=source,
        at=at,
    )
    contacts = [made[-who - 1].pk if who < 0 else who for who in meant]
    keep_ids(
        (
            Known(contact_id, told)
            for contact_id, person in zip(contacts, people, strict=True)
            for told in person.ids
        ),
        source=source,
        at=at,
    )
    return contacts


def turn_of(told: Id) -> str:
    """The name under which those who meet somebody by this id take turns."""
    if told.kind == Identity.Kind.EXTERNAL:
        return turn(told.value)
    digest = hashlib.blake2s("\n".join(told).encode(), digest_size=2).digest()
    return f"strangers:{int.from_bytes(digest) % TURNS}"


def stranger(name: str, *, at: datetime, **fields: Any) -> Contact:
    """Somebody known from elsewhere; not written yet."""
    return Contact(
        name=name,
        standing=Contact.Standing.KNOWN,
        added_at=at,
        created_at=at,
        spelling=spelling(name),
        grams=grams(name),
        **fields,
    )


def make_contacts(
    strangers: Iterable[Contact], *, source: EventRecord.Source, at: datetime
) -> list[Contact]:
    """Written, and told of."""
    made = copy_in(strangers, numbered=True)
    record_all(
        ContactCreated(at=at, source=source, contact_id=contact.pk) for contact in made
    )
    return made

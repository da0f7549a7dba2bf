"""Contacts that somebody brings in a table: who is meant by a row, and what is new.

A row means the contact behind its ids. Who has none of them yet is a new contact; ids
that lead to two contacts, or to one whom the bringer may not see, are an error that a
person must mend. What WeCom tells of a contact is not overwritten by a table: names and
the like are filled in where there are none, or where the contact is not in WeCom. Ids
are added, never taken away. What is empty says nothing. Whose a contact is to be is
found out here as well, and given by whoever brings (see imports/owners.py).

`meant` only looks; `bring` writes what it found, in the same transaction, and answers a
journal with which it can be taken back (see take_back.py).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.audit.note import Note, note_all
from apps.common.turns import take_turns
from apps.contacts.attribute_models import AttributeValue
from apps.contacts.attributes import Told, set_values
from apps.contacts.consent import Saying, kept_of, say_all
from apps.contacts.identities import Id, Known, digest_of, holders_of, keep_ids
from apps.contacts.models import Contact, Identity
from apps.contacts.reading_values import Value
from apps.contacts.recognise import make_contacts, stranger
from apps.contacts.settle import settle
from apps.events.models import EventRecord
from apps.staff.models import User

Kind = Identity.Kind
ONLY_FIND = (Kind.EXTERNAL, Kind.UNION)  # WeCom gives them, no table does
FIELDS = ("name", "corp_name", "position")
COLUMNS = ("text", "number", "day", "choice_id", "choices", "yes", "fen")
SOURCE = EventRecord.Source.PERSON


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A row of the table, understood; `fields` are of FIELDS."""

    number: int
    ids: Sequence[Id]
    fields: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[int, Value] = field(default_factory=dict)  # by attribute
    owner_id: int | None = None
    sayings: Sequence[Saying] = ()


@dataclass(kw_only=True)
class Meant:
    """Who is meant, and what of the row is not so yet; `why` if it cannot be done."""

    row: Brought
    contact: Contact | None = None
    why: str = ""
    ids: list[Id] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)
    values: dict[int, Value] = field(default_factory=dict)
    owner_id: int | None = None
    sayings: list[Saying] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return not self.why and self.contact is None

    @property
    def is_other(self) -> bool:
        """Is anything to be written for a contact whom we know?"""
        told = self.ids or self.fields or self.values or self.owner_id
        return bool(told or self.sayings)


def begin() -> None:
    """One after the other: two who bring the same stranger make one contact."""
    take_turns("bring contacts")


def meant(rows: Sequence[Brought], *, by: User) -> list[Meant]:
    """In the order of the rows; six queries, however many they are."""
    holders = holders_of(told for row in rows for told in row.ids)
    visible = Contact.objects.visible_to(by).in_bulk(set(holders.values()))
    known = WhatIsKnown(visible, sayings=any(row.sayings for row in rows))
    return [one_meant(row, holders, visible, known) for row in rows]


def one_meant(
    row: Brought,
    holders: Mapping[Id, int],
    visible: Mapping[int, Contact],
    known: "WhatIsKnown",
) -> Meant:
    found = {holders[told] for told in row.ids if told in holders}
    strange = [t for t in row.ids if t.kind in ONLY_FIND and t not in holders]
    if not row.ids:
        return Meant(row=row, why=gettext("No id, phone or e-mail: who is meant?"))
    if strange:
        words = {"id": strange[0].value[:40]}
        return Meant(row=row, why=gettext("WeCom knows no “%(id)s”.") % words)
    if len(found) > 1:
        many = {"many": len(found)}
        return Meant(
            row=row,
            why=gettext("Its ids are those of %(many)d different contacts.") % many,
        )
    if not found:
        return new_contact(row)
    contact = visible.get(found.pop())
    if contact is None:
        return Meant(
            row=row, why=gettext("This contact is looked after by somebody else.")
        )
    return what_is_other(row, contact, known)


def new_contact(row: Brought) -> Meant:
    told = {name: value for name, value in row.fields.items() if value}
    return Meant(
        row=row,
        ids=list(row.ids),
        fields=told,
        values=dict(row.values),
        owner_id=row.owner_id,
        sayings=list(row.sayings),
    )


def what_is_other(row: Brought, contact: Contact, known: "WhatIsKnown") -> Meant:
    free = contact.pk not in known.in_wecom
    has = known.values.get(contact.pk, {})
    owner = row.owner_id if row.owner_id != contact.owner_id else None
    return Meant(
        row=row,
        contact=contact,
        ids=[t for t in row.ids if key_of(t) not in known.ids[contact.pk]],
        fields={
            name: value
            for name, value in row.fields.items()
            if value
            and value != getattr(contact, name)
            and (free or not getattr(contact, name))
        },
        values={pk: value for pk, value in row.values.items() if has.get(pk) != value},
        owner_id=owner,
        sayings=[s for s in row.sayings if s.what not in known.sayings[contact.pk]],
    )


class WhatIsKnown:
    """What is known of these contacts, to be compared with many rows."""

    def __init__(self, contacts: Iterable[int], *, sayings: bool) -> None:
        contacts = list(contacts)
        self.sayings = kept_of(contacts if sayings else ())
        self.ids: dict[int, set[Any]] = defaultdict(set)
        self.in_wecom: set[int] = set()
        self.values: dict[int, dict[int, Value]] = defaultdict(dict)
        rows = Identity.objects.filter(contact__in=contacts)
        for of, kind, system, value, whole in rows.values_list(
            "contact_id", "kind", "system", "value", "digest"
        ):
            self.ids[of].add((kind, system, value or bytes(whole)))
            if kind == Kind.EXTERNAL:
                self.in_wecom.add(of)
        told = AttributeValue.objects.filter(contact__in=contacts)
        for of, attribute, *columns in told.values_list(
            "contact_id", "attribute_id", *COLUMNS
        ):
            columns[4] = tuple(columns[4]) if columns[4] is not None else None
            self.values[of][attribute] = Value(*columns)


def key_of(told: Id) -> tuple[str, str, Any]:
    plain = told.plain
    if told.kind in Identity.SEALED:
        return plain.kind, plain.system, digest_of(told)
    return plain.kind, plain.system, plain.value


# --- writing --------------------------------------------------------------------------


@transaction.atomic
def bring(rows: Sequence[Meant], *, by: User, at: datetime) -> dict[str, Any]:
    """Write what these rows say; answer the journal."""
    known = [row for row in rows if row.contact is not None and row.is_other]
    made = make([row for row in rows if row.is_new], at=at)
    before = {
        contact_of(row): {name: getattr(row.contact, name) for name in row.fields}
        for row in known
        if row.fields
    }
    fields = [
        [contact_of(row), before[contact_of(row)], row.fields]
        for row in known
        if row.fields
    ]
    write_fields(known)
    pairs = [(contact_of(row), row) for row in (*made, *known)]
    old = values_before(pairs)
    last = Identity.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    told = [Known(pk, told) for pk, row in pairs for told in row.ids]
    keep_ids(told, source=SOURCE, at=at)
    ids = Identity.objects.filter(
        pk__gt=last, contact__in=[pk for pk, _row in pairs], first_seen_at=at
    )
    set_values(
        (Told(pk, a, value) for pk, row in pairs for a, value in row.values.items()),
        source=SOURCE,
        at=at,
        by=by,
    )
    sayings = say_all(
        ((pk, saying) for pk, row in pairs for saying in row.sayings),
        now=at,
        source=SOURCE,
        by=by,
    )
    note_all(notes_of(pairs, before=before), by=by, at=at)
    new = {contact_of(row) for row in made}
    return {
        "made": sorted(new),
        "ids": [i for i, of in ids.values_list("pk", "contact_id") if of not in new],
        "fields": fields,
        "values": old,
        "sayings": [record.pk for record in sayings],
    }


def contact_of(row: Meant) -> int:
    assert row.contact is not None
    return row.contact.pk


def make(rows: Sequence[Meant], *, at: datetime) -> list[Meant]:
    for row in rows:
        row.contact = stranger(at=at, **{"name": "", **row.fields})
    make_contacts((row.contact for row in rows if row.contact), source=SOURCE, at=at)
    return list(rows)


def write_fields(rows: Sequence[Meant]) -> None:
    changed = []
    for row in rows:
        if row.contact is None or not row.fields:
            continue
        for name, value in row.fields.items():
            setattr(row.contact, name, value)
        changed.append(row.contact)
    Contact.objects.bulk_update(changed, FIELDS)
    settle(contact.pk for contact in changed)


def values_before(pairs: Sequence[tuple[int, Meant]]) -> list[Any]:
    """Each value that is about to change, as it stands; None where there is none."""
    wanted = {(pk, a) for pk, row in pairs for a in row.values}
    rows = AttributeValue.objects.filter(contact__in={pk for pk, _a in wanted})
    names = (*COLUMNS, "source", "by_id", "at")
    held = {
        (of, attribute): dict(zip(names, told, strict=True))
        for of, attribute, *told in rows.values_list(
            "contact_id", "attribute_id", *names
        )
    }
    return [[*pair, held.get(pair)] for pair in sorted(wanted)]


def notes_of(
    pairs: Sequence[tuple[int, Meant]], *, before: Mapping[int, dict[str, str]]
) -> Iterable[Note]:
    """What a person should find in the audit; the fields note themselves."""
    for pk, row in pairs:
        after: dict[str, Any] = dict(row.fields)
        if row.ids:
            after["ids"] = [told.value for told in row.ids]
        if not after:
            continue
        yield Note(
            deed="brought",
            kind="contacts.contact",
            number=pk,
            contact_id=pk,
            before=before.get(pk, {}),
            after=after,
            personal=after.keys(),
        )

"""Which contact is behind this external user id; who is unknown becomes a contact.

Callers hold the turns of the ids they name (see common/turns.py): two who meet the
same stranger at the same moment make one contact, not two. The unique constraint on
identities stands behind that.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from apps.common.spelling import grams, spelling
from apps.common.turns import take_turns
from apps.contacts.events import ContactCreated
from apps.contacts.models import Contact
from apps.contacts.rows import Profile
from apps.events.bus import record_all
from apps.events.event import Event
from apps.events.models import EventRecord

# Identities come first, with the numbers of contacts that do not exist yet (foreign
# keys are checked at commit): whoever loses the race for an id makes no contact.
MEET = """
WITH told AS (
    SELECT * FROM json_to_recordset(%(told)s::json) AS told (value text,
        at timestamptz, name text, kind smallint, gender smallint, avatar text,
        position text, corp_name text, read_at timestamptz, owner_id bigint,
        spelling text, grams text[])
), met AS (
    INSERT INTO contacts_identity (contact_id, kind, system, value, sealed, digest,
        tail_digest, source, verified, first_seen_at, last_seen_at)
    SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')), 'external', '',
        value, '', '', '', %(source)s, true, at, at
    FROM told
    ORDER BY value
    ON CONFLICT DO NOTHING
    RETURNING id, contact_id, value, first_seen_at
), made AS (
    INSERT INTO contacts_contact (id, name, kind, gender, avatar, position, corp_name,
        read_at, owner_id, served_by, standing, added_at, created_at, spelling, grams)
    SELECT contact_id, name, kind, gender, avatar, position, corp_name, read_at,
        owner_id, array_remove(ARRAY[owner_id], NULL),
        CASE WHEN owner_id IS NULL THEN 'group' ELSE 'friend' END,
        first_seen_at, %(now)s, spelling, grams
    FROM met JOIN told USING (value)
)
SELECT id, contact_id, value FROM met
"""
KNOWN = """
SELECT id, contact_id, value FROM contacts_identity
WHERE kind = 'external' AND system = '' AND value = ANY(%s) AND value <> ''
"""


def turn(external_id: str) -> str:
    """The name under which whoever changes this contact takes turns."""
    return f"contact:{external_id}"


class Behind(NamedTuple):
    """The identity behind an external user id, and whether we met just now."""

    pk: int
    contact_id: int
    value: str
    is_new: bool = False


class Met(NamedTuple):
    """What is told of a stranger as we meet: who it is, when WeCom was asked, who
    follows them and under which name. It saves writing the contact twice."""

    profile: Profile = Profile()
    read_at: datetime | None = None
    owner_id: int | None = None
    remark: str = ""

    @property
    def names(self) -> list[str]:
        return [name for name in (self.profile.name[:255], self.remark[:255]) if name]


NOBODY_TOLD: Mapping[str, Met] = {}


@transaction.atomic(savepoint=False)
def identities_of(
    seen: Mapping[str, datetime],
    *,
    source: EventRecord.Source,
) -> dict[str, Behind]:
    """The identity of every external user id; `seen` says since when it is known."""
    people = people_behind(seen, source=source)
    record_all(made_of(people, seen, source=source))
    return people


def people_behind(
    seen: Mapping[str, datetime],
    *,
    source: EventRecord.Source,
    told: Mapping[str, Met] = NOBODY_TOLD,
) -> dict[str, Behind]:
    """The same for callers who record themselves whom they met (see made_of)."""
    take_turns(*map(turn, seen))
    known = _known(seen)
    strangers = {value: at for value, at in seen.items() if value not in known}
    if strangers:
        met = meet(strangers, source=source, told=told)
        known |= met
        if lost := strangers.keys() - met.keys():  # somebody else was faster
            known |= _known(lost)
    return known


def made_of(
    people: Mapping[str, Behind],
    seen: Mapping[str, datetime],
    *,
    source: EventRecord.Source,
) -> list[Event]:
    """The news of contacts who were made just now."""
    return [
        ContactCreated(at=seen[value], source=source, contact_id=behind.contact_id)
        for value, behind in people.items()
        if behind.is_new
    ]


def meet(
    strangers: Mapping[str, datetime],
    *,
    source: EventRecord.Source,
    told: Mapping[str, Met],
) -> dict[str, Behind]:
    """Make a contact of everybody whom nobody else has met meanwhile."""
    rows = [
        row_of(value, at, told.get(value) or Met()) for value, at in strangers.items()
    ]
    parameters: dict[str, Any] = {
        "source": source,
        "told": json.dumps(rows, ensure_ascii=False),
        "now": max(strangers.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(MEET, parameters)
        return {
            value: Behind(pk, of, value, True) for pk, of, value in cursor.fetchall()
        }


def row_of(value: str, at: datetime, met: Met) -> dict[str, Any]:
    profile, names = met.profile, met.names
    return {
        "value": value,
        "at": at.isoformat(),
        "name": profile.name[:255],
        "kind": profile.kind,
        "gender": profile.gender,
        "avatar": profile.avatar,
        "position": profile.position[:255],
        "corp_name": profile.corp_name[:255],
        "read_at": met.read_at and met.read_at.isoformat(),
        "owner_id": met.owner_id,
        "spelling": spelling(*names),
        "grams": grams(*names),
    }


def _known(values: Iterable[str]) -> dict[str, Behind]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(values)])
        return {value: Behind(pk, of, value) for pk, of, value in cursor.fetchall()}


@transaction.atomic
def contacts_by_external_id(
    names: Mapping[str, str], *, source: EventRecord.Source, at: datetime
) -> dict[str, Behind]:
    """People met in a group: a name is kept only for those who have none yet."""
    identities = identities_of(dict.fromkeys(names, at), source=source)
    nameless = Contact.objects.filter(
        pk__in=[identity.contact_id for identity in identities.values()], name=""
    ).in_bulk()
    renamed = []
    for value, identity in identities.items():
        contact = nameless.get(identity.contact_id)
        if contact is not None and names[value]:
            contact.name = names[value][:255]
            contact.grams, contact.spelling = (
                grams(contact.name),
                spelling(contact.name),
            )
            renamed.append(contact)
    Contact.objects.bulk_update(renamed, ["name", "grams", "spelling"])
    return identities

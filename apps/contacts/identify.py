"""Which contact is behind this external user id; who is unknown becomes a contact.

Callers hold the turns of the ids they name (see common/turns.py): two who meet the
same stranger at the same moment make one contact, not two. The unique constraint on
identities stands behind that.
"""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection, transaction

from apps.common.spelling import grams, spelling
from apps.common.turns import take_turns
from apps.contacts.events import ContactCreated
from apps.contacts.models import Contact, Identity
from apps.events.bus import record_all
from apps.events.models import EventRecord

# Identities come first, with the numbers of contacts that do not exist yet (foreign
# keys are checked at commit): whoever loses the race for an id makes no contact.
MEET = """
WITH met AS (
    INSERT INTO contacts_identity (contact_id, kind, system, value, sealed, digest,
        tail_digest, source, verified, first_seen_at, last_seen_at)
    SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id')), 'external', '',
        value, '', '', '', %(source)s, true, at, at
    FROM unnest(%(ids)s::text[], %(ats)s::timestamptz[]) AS stranger (value, at)
    ORDER BY value
    ON CONFLICT DO NOTHING
    RETURNING id, contact_id, value, first_seen_at
), made AS (
    INSERT INTO contacts_contact (id, name, kind, gender, avatar, position, corp_name,
        standing, added_at, created_at, spelling, grams)
    SELECT contact_id, '', 0, 0, '', '', '', 'group', first_seen_at, %(now)s, '', '{}'
    FROM met
)
SELECT value, contact_id, first_seen_at FROM met
"""


def turn(external_id: str) -> str:
    """The name under which whoever changes this contact takes turns."""
    return f"contact:{external_id}"


@transaction.atomic
def identities_of(
    seen: Mapping[str, datetime], *, source: EventRecord.Source
) -> dict[str, Identity]:
    """The identity of every external user id; `seen` says since when it is known."""
    take_turns(*map(turn, seen))
    known = _known(seen)
    strangers = {value: at for value, at in seen.items() if value not in known}
    if strangers:
        with connection.cursor() as cursor:
            cursor.execute(
                MEET,
                {
                    "source": source,
                    "ids": list(strangers),
                    "ats": list(strangers.values()),
                    "now": max(strangers.values()),
                },
            )
            met = cursor.fetchall()
        record_all(
            ContactCreated(at=at, source=source, contact_id=contact_id)
            for _value, contact_id, at in met
        )
        known |= _known(strangers)
    return known


def _known(values: Mapping[str, datetime]) -> dict[str, Identity]:
    rows = Identity.objects.external().filter(system="", value__in=list(values))
    return {identity.value: identity for identity in rows}


@transaction.atomic
def contacts_by_external_id(
    names: Mapping[str, str], *, source: EventRecord.Source, at: datetime
) -> dict[str, Identity]:
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

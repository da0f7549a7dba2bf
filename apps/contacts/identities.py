"""The ids of every kind by which contacts are known: kept, and found again.

An id that may belong to one person only (external user id, union id, open id of an app,
id in a named other system, a verified phone or e-mail) stays with whom we knew it of
first. When another contact is told to have it as well, the two may be one person: that
is proposed, or, for those of BY_THEMSELVES (proposals.py), done by itself. A phone or
an e-mail that nobody verified may stand with several.

An open id means something only in its app, and an id of another system in that system:
`system` names it. Thousands go in one statement as one does.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from apps.common.sealing import seal_all
from apps.contacts import proposals
from apps.contacts.emails import email_digest, email_slip_digest, plain_email
from apps.contacts.merge_models import Sign
from apps.contacts.models import Identity
from apps.contacts.proposals import Alike
from apps.contacts.querysets import phone_digest, phone_tail_digest, plain_phone
from apps.contacts.renew_digests import renew_digests
from apps.events.models import EventRecord

Kind = Identity.Kind

# What it says of two contacts that one of them is told to have the other's id.
SIGNS: dict[str, Sign] = {
    Kind.EXTERNAL: Sign.EXTERNAL,
    Kind.UNION: Sign.UNION,
    Kind.OPEN: Sign.OPEN,
    Kind.OTHER: Sign.OTHER,
    Kind.PHONE: Sign.PHONE_VERIFIED,
    Kind.EMAIL: Sign.EMAIL,
}
WECHATS_OWN = (Kind.EXTERNAL, Kind.UNION, Kind.OPEN)  # nobody can mistype these
COLUMNS = (
    "number int, contact_id bigint, kind text, system text, value text, sealed text,"
    " digest text, tail text, verified boolean"
)

# The holder of an open id, or of a verified phone: at most one each. The limits in both
# statements say that contacts are looked up one by one: in the midst of an import the
# planner knows nothing of the table yet, and would go through all of it for each id.
KEEP = f"""
WITH told AS MATERIALIZED (
    SELECT number, coalesce(contact.merged_into_id, contact_id) AS contact_id,
        told.kind, system, value, decode(sealed, 'hex') AS sealed,
        decode(digest, 'hex') AS digest, decode(tail, 'hex') AS tail, verified
    FROM json_to_recordset(%(told)s::json) AS told ({COLUMNS})
    CROSS JOIN LATERAL (
        SELECT merged_into_id FROM contacts_contact WHERE id = told.contact_id LIMIT 1
    ) AS contact
), asked AS MATERIALIZED (
    SELECT told.*, (
        SELECT known.contact_id FROM contacts_identity AS known
        WHERE told.value <> '' AND known.kind = told.kind
            AND known.system = told.system AND known.value = told.value
            AND known.value <> ''
        UNION ALL
        SELECT known.contact_id FROM contacts_identity AS known
        WHERE told.value = '' AND known.kind = told.kind
            AND known.digest = told.digest AND known.digest <> '' AND known.verified
        LIMIT 1
    ) AS holder_id, (
        SELECT known.id FROM contacts_identity AS known
        WHERE told.value <> '' AND known.contact_id = told.contact_id
            AND known.kind = told.kind AND known.system = told.system
            AND known.value = told.value AND known.value <> ''
        UNION ALL
        SELECT known.id FROM contacts_identity AS known
        WHERE told.value = '' AND known.contact_id = told.contact_id
            AND known.kind = told.kind AND known.digest = told.digest
            AND known.digest <> ''
        LIMIT 1
    ) AS known_id
    FROM told
), seen AS (
    UPDATE contacts_identity AS known
    SET last_seen_at = greatest(known.last_seen_at, %(at)s),
        first_seen_at = least(known.first_seen_at, %(at)s),
        verified = known.verified
            OR asked.verified AND coalesce(holder_id = asked.contact_id, true)
    FROM asked
    WHERE known.id = asked.known_id
        AND (known.last_seen_at < %(at)s OR known.first_seen_at > %(at)s
            OR asked.verified AND NOT known.verified)
), met AS (
    INSERT INTO contacts_identity (contact_id, kind, system, value, sealed, digest,
        tail_digest, source, verified, first_seen_at, last_seen_at)
    SELECT contact_id, kind, system, value, sealed, digest, tail, %(source)s,
        verified AND coalesce(holder_id = contact_id, true), %(at)s, %(at)s
    FROM asked
    WHERE known_id IS NULL AND (value = '' OR holder_id IS NULL)
    ORDER BY kind, system, value, digest, contact_id
    ON CONFLICT DO NOTHING
)
SELECT number, contact_id, holder_id FROM asked
WHERE holder_id <> contact_id AND (verified OR value <> '')
"""

# Verified before not, known long before known lately.
HOLDERS = f"""
SELECT DISTINCT ON (number) number, known.contact_id
FROM (
    SELECT number, kind, system, value, decode(digest, 'hex') AS digest
    FROM json_to_recordset(%(asked)s::json) AS asked ({COLUMNS})
) AS asked
CROSS JOIN LATERAL (
    SELECT id, contact_id, verified FROM contacts_identity
    WHERE asked.value <> '' AND kind = asked.kind AND system = asked.system
        AND value = asked.value AND value <> ''
    UNION ALL
    SELECT id, contact_id, verified FROM contacts_identity
    WHERE asked.value = '' AND kind = asked.kind AND digest = asked.digest
        AND digest <> ''
) AS known
CROSS JOIN LATERAL (
    SELECT FROM contacts_contact
    WHERE id = known.contact_id AND merged_into_id IS NULL
    LIMIT 1
) AS contact
ORDER BY number, known.verified DESC, known.id
"""


class Id(NamedTuple):
    """An id as it is told; `system` names the app or the other system it is of."""

    kind: str
    value: str
    system: str = ""

    @property
    def plain(self) -> "Id":
        """As two that are the same are written alike."""
        if self.kind == Kind.PHONE:
            return Id(self.kind, plain_phone(self.value))
        if self.kind == Kind.EMAIL:
            return Id(self.kind, plain_email(self.value))
        return Id(self.kind, self.value.strip()[:128], self.system.strip()[:64])


class Known(NamedTuple):
    """A contact has this id; `verified` when it was proven to be theirs."""

    contact_id: int
    id: Id
    verified: bool = False


@transaction.atomic(savepoint=False)
def keep_ids(
    told: Iterable[Known], *, source: EventRecord.Source, at: datetime
) -> list[Alike]:
    """Keep these ids; answer who turned out to have the id of somebody else."""
    wanted: dict[tuple[int, Id], Known] = {}
    for known in told:
        plain = known.id.plain
        before = wanted.get((known.contact_id, plain))
        if plain.value:
            proven = known.verified or bool(before and before.verified)
            original = Id(plain.kind, known.id.value.strip(), plain.system)
            wanted[known.contact_id, plain] = Known(known.contact_id, original, proven)
    if not wanted:
        return []
    rows, pairs = only_one_holder(wanted)
    renew_digests((row.id.kind, row.id.value) for row in rows)
    parameters: dict[str, Any] = {
        "told": json.dumps(rows_to_keep(rows)),
        "source": source,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, parameters)
        for number, contact_id, holder_id in cursor.fetchall():
            sign = SIGNS[rows[number].id.kind]
            pairs.append(Alike.of(contact_id, holder_id, [sign]))
    proposals.propose(pairs, at=at)
    proposals.compare_again({row.contact_id for row in rows})
    return pairs


def only_one_holder(
    wanted: Mapping[tuple[int, Id], Known],
) -> tuple[list[Known], list[Alike]]:
    """Two who are told to have one id at the same time: the first has it."""
    first: dict[Id, int] = {}
    rows, pairs = [], []
    for (contact_id, plain), known in wanted.items():
        may_be_shared = plain.kind in Identity.SEALED
        if may_be_shared and not known.verified:
            rows.append(known)
            continue
        holder = first.setdefault(plain, contact_id)
        if holder == contact_id:
            rows.append(known)
            continue
        pairs.append(Alike.of(contact_id, holder, [SIGNS[plain.kind]]))
        if may_be_shared:
            rows.append(known._replace(verified=False))
    return rows, pairs


def rows_to_keep(told: Sequence[Known]) -> list[dict[str, Any]]:
    rows = [row_of(number, known) for number, known in enumerate(told)]
    secret = [n for n, known in enumerate(told) if known.id.kind in Identity.SEALED]
    sealed = seal_all([told[n].id.value for n in secret])
    for n, ciphertext in zip(secret, sealed, strict=True):
        rows[n]["sealed"] = ciphertext.hex()
        rows[n]["tail"] = tail_of(told[n].id).hex()
    return rows


def row_of(number: int, known: Known) -> dict[str, Any]:
    """As it is asked for; to be kept it is sealed as well."""
    told, plain, whole = known.id, known.id.plain, b""
    value = plain.value
    if told.kind in Identity.SEALED:
        whole, value = digest_of(told), ""
    return {
        "number": number,
        "contact_id": known.contact_id,
        "kind": told.kind,
        "system": plain.system,
        "value": value,
        "sealed": "",
        "digest": whole.hex(),
        "tail": "",
        "verified": known.verified or told.kind in WECHATS_OWN,
    }


def digest_of(told: Id) -> bytes:
    """By which a phone or an e-mail is found."""
    find = phone_digest if told.kind == Kind.PHONE else email_digest
    return find(told.value)


def tail_of(told: Id) -> bytes:
    find = phone_tail_digest if told.kind == Kind.PHONE else email_slip_digest
    return find(told.value)


def holders_of(ids: Iterable[Id]) -> dict[Id, int]:
    """The contact behind each id, as the caller writes it; who has none is left out.

    Of several who have a phone that nobody verified it is the one known longest.
    """
    asked = [told for told in dict.fromkeys(ids) if told.plain.value]
    if not asked:
        return {}
    renew_digests((told.kind, told.value) for told in asked)
    rows = [row_of(n, Known(0, told)) for n, told in enumerate(asked)]
    with connection.cursor() as cursor:
        cursor.execute(HOLDERS, {"asked": json.dumps(rows)})
        return {asked[number]: contact_id for number, contact_id in cursor.fetchall()}

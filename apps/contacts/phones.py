"""Phones that employees wrote into a remark: sealed with the follow, found by digest.

A remark's phones are a list that WeCom replaces as a whole. Every number in a remark
of a contact is an identity of the contact, unverified; when no remark holds it any
more, the identity goes too.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from apps.common.sealing import digest, seal, unseal
from apps.contacts.models import Follow, Identity
from apps.contacts.querysets import phone_digest, phone_tail_digest, plain_phone
from apps.contacts.renew_digests import renew_digests
from apps.events.models import EventRecord

Phone = tuple[int, bytes]  # the contact, and the digest by which it is found

ADD = """
INSERT INTO contacts_identity (contact_id, kind, system, value, sealed, digest,
    tail_digest, source, verified, first_seen_at, last_seen_at)
SELECT contact_id, 'phone', '', '', sealed, digest, tail, %(source)s, false,
    %(at)s, %(at)s
FROM unnest(%(contacts)s::bigint[], %(sealed)s::bytea[], %(digests)s::bytea[],
    %(tails)s::bytea[]) AS new (contact_id, sealed, digest, tail)
ON CONFLICT DO NOTHING
"""


def sealed_phones(phones: Iterable[str]) -> tuple[bytes, bytes]:
    """The list sealed, and a digest that says whether two lists are equal."""
    kept = sorted({phone.strip() for phone in phones if phone.strip()})
    if not kept:
        return b"", b""
    text = json.dumps(kept)
    return seal(text), digest_of_phones(text)


def digest_of_phones(text: str) -> bytes:
    return digest("phones of a follow", text)


def phones_of(follow: Follow) -> list[str]:
    return json.loads(unseal(follow.phones_sealed)) if follow.phones_sealed else []


def found_by(contact_id: int, phones: Iterable[str]) -> dict[Phone, str]:
    """The phones of a contact by what they are found by; what is none falls away."""
    return {
        (contact_id, phone_digest(phone)): phone
        for phone in sorted(map(str.strip, phones))
        if plain_phone(phone)
    }


@transaction.atomic(savepoint=False)
def keep_phones(
    contact_ids: Iterable[int], *, source: EventRecord.Source, at: datetime
) -> None:
    """Make the unverified phones of these contacts what their remarks say."""
    contact_ids = set(contact_ids)
    if not contact_ids:
        return
    wanted: dict[Phone, str] = {}
    follows = Follow.objects.filter(identity__contact__in=contact_ids)
    for contact_id, sealed in follows.exclude(phones_sealed=b"").values_list(
        "identity__contact", "phones_sealed"
    ):
        wanted |= found_by(contact_id, json.loads(unseal(sealed)))
    renew_digests((Identity.Kind.PHONE, phone) for phone in wanted.values())
    rows = Identity.objects.filter(
        contact__in=contact_ids, kind=Identity.Kind.PHONE, verified=False
    ).exclude(source=EventRecord.Source.PERSON)
    held = {
        (contact_id, bytes(digest)): pk
        for contact_id, digest, pk in rows.values_list("contact_id", "digest", "pk")
    }
    stale = [pk for key, pk in held.items() if key not in wanted]
    if stale:
        Identity.objects.filter(pk__in=stale).delete()
    new = {key: phone for key, phone in wanted.items() if key not in held}
    add_phones(new, source=source, at=at)


def add_phones(
    new: Mapping[Phone, str], *, source: EventRecord.Source, at: datetime
) -> None:
    """Phones that we did not know of these contacts."""
    if not new:
        return
    parameters: dict[str, Any] = {
        "contacts": [contact_id for contact_id, _digest in new],
        "sealed": [seal(phone) for phone in new.values()],
        "digests": [digest for _contact_id, digest in new],
        "tails": [phone_tail_digest(phone) for phone in new.values()],
        "source": source,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(ADD, parameters)

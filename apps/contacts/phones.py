"""Phones that employees wrote into a remark: sealed with the follow, found by digest.

A remark's phones are a list that WeCom replaces as a whole. Every number in a remark
of a contact is an identity of the contact, unverified; when no remark holds it any
more, the identity goes too.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction

from apps.common.sealing import digest, seal, unseal
from apps.contacts.models import Follow, Identity
from apps.contacts.querysets import phone_digest, phone_tail_digest, plain_phone
from apps.events.models import EventRecord


def sealed_phones(phones: Iterable[str]) -> tuple[bytes, bytes]:
    """The list sealed, and a digest that says whether two lists are equal."""
    kept = sorted({phone.strip() for phone in phones if phone.strip()})
    if not kept:
        return b"", b""
    text = json.dumps(kept)
    return seal(text), digest("phones of a follow", text)


def phones_of(follow: Follow) -> list[str]:
    return json.loads(unseal(follow.phones_sealed)) if follow.phones_sealed else []


@transaction.atomic
def keep_phones(
    contact_ids: Iterable[int], *, source: EventRecord.Source, at: datetime
) -> None:
    """Make the unverified phones of these contacts what their remarks say."""
    contact_ids = set(contact_ids)
    wanted: dict[tuple[int, bytes], str] = {}
    follows = Follow.objects.filter(identity__contact__in=contact_ids)
    for follow in follows.exclude(phones_sealed=b"").select_related("identity"):
        for phone in phones_of(follow):
            if plain_phone(phone):
                wanted[follow.identity.contact_id, phone_digest(phone)] = phone
    held = Identity.objects.filter(
        contact__in=contact_ids, kind=Identity.Kind.PHONE, verified=False
    ).exclude(source=EventRecord.Source.PERSON)
    stale = [i.pk for i in held if (i.contact_id, bytes(i.digest)) not in wanted]
    Identity.objects.filter(pk__in=stale).delete()
    Identity.objects.bulk_create(
        [
            Identity(
                contact_id=contact_id,
                kind=Identity.Kind.PHONE,
                sealed=seal(phone),
                digest=found_by,
                tail_digest=phone_tail_digest(phone),
                source=source,
                first_seen_at=at,
                last_seen_at=at,
            )
            for (contact_id, found_by), phone in wanted.items()
        ],
        ignore_conflicts=True,
    )

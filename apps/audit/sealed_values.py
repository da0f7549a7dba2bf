"""Personal values in the audit: readable until the person is erased.

Each contact has a key of their own, itself sealed under SCRM_DATA_KEYS. Erasing the
person destroys the key: what was sealed with it stays, and nobody can read it any more,
also not in a copy that was made before, as long as the keys are not copied with it.
"""

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection

from apps.audit.models import AuditRow, ContactKey
from apps.common.sealing import (
    NONCE,
    CannotUnseal,
    random_pieces,
    seal_all,
    unseal,
)

KEY = 32  # bytes
MAKE = """
INSERT INTO audit_contactkey (contact_id, sealed)
SELECT contact_id, sealed
FROM unnest(%(contacts)s::bigint[], %(sealed)s::bytea[]) AS new (contact_id, sealed)
ORDER BY contact_id
ON CONFLICT DO NOTHING
RETURNING contact_id
"""


def keys_for(contact_ids: Iterable[int]) -> dict[int, AESGCM]:
    """The key of each contact; who has none yet gets one."""
    ids = sorted(set(contact_ids))
    found = keys_of(ids)
    missing = [pk for pk in ids if pk not in found]
    if missing:
        found |= make_keys(missing)
        if lost := [pk for pk in missing if pk not in found]:
            found |= keys_of(lost)  # somebody else was faster
    return found


def keys_of(contact_ids: Iterable[int]) -> dict[int, AESGCM]:
    """Those that there are, and that our own keys open."""
    rows = ContactKey.objects.filter(contact_id__in=list(contact_ids))
    found = {}
    for contact_id, sealed in rows.values_list("contact_id", "sealed"):
        try:
            found[contact_id] = AESGCM(base64.b64decode(unseal(sealed)))
        except (CannotUnseal, InvalidTag):  # taken out of the settings
            continue
    return found


def make_keys(contact_ids: Sequence[int]) -> dict[int, AESGCM]:
    keys = dict(zip(contact_ids, random_pieces(KEY, len(contact_ids)), strict=True))
    sealed = seal_all([base64.b64encode(key).decode() for key in keys.values()])
    with connection.cursor() as cursor:
        cursor.execute(MAKE, {"contacts": list(keys), "sealed": sealed})
        return {pk: AESGCM(keys[pk]) for (pk,) in cursor.fetchall()}


def destroy_keys(contact_ids: Iterable[int]) -> int:
    """The person is erased: their values can be read by nobody from now on."""
    keys = ContactKey.objects.filter(contact_id__in=list(contact_ids))
    return keys.delete()[0]


def forget_person(traces: Any) -> int:
    """Those of the person, and of all who are they (see contacts/forget.py)."""
    return destroy_keys(traces.contacts)


def sealed_with(key: AESGCM, values: Mapping[str, Any], *, nonce: bytes) -> bytes:
    text = json.dumps(values, ensure_ascii=False, cls=DjangoJSONEncoder)
    return nonce + key.encrypt(nonce, text.encode(), None)


def opened(rows: Iterable[AuditRow]) -> dict[int, dict[str, Any] | None]:
    """What was sealed, by number of the row; None where the key is no more."""
    rows = [row for row in rows if row.sealed]
    keys = keys_of({row.contact_id for row in rows if row.contact_id is not None})
    found: dict[int, dict[str, Any] | None] = {}
    for row in rows:
        key, sealed = keys.get(row.contact_id or 0), bytes(row.sealed)
        try:
            plain = key and key.decrypt(sealed[:NONCE], sealed[NONCE:], None)
        except InvalidTag:  # sealed with a key that was destroyed
            plain = None
        found[row.pk] = json.loads(plain) if plain else None
    return found

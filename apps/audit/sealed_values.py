"""Personal values in the audit: readable until the person is erased.

Each contact has a key of their own, itself sealed under SCRM_DATA_KEYS. Erasing the
person destroys the key: what was sealed with it stays, and nobody can read it any more,
also not in a copy that was made before, as long as the keys are not copied with it.
"""

import base64
import json
import os
from collections.abc import Iterable, Mapping
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.core.serializers.json import DjangoJSONEncoder

from apps.audit.models import AuditRow, ContactKey
from apps.common.sealing import NONCE, CannotUnseal, seal, unseal

KEY = 32  # bytes


def keys_for(contact_ids: Iterable[int]) -> dict[int, AESGCM]:
    """The key of each contact; who has none yet gets one."""
    ids = sorted(set(contact_ids))
    found = keys_of(ids)
    missing = [pk for pk in ids if pk not in found]
    if missing:
        ContactKey.objects.bulk_create(
            [ContactKey(contact_id=pk, sealed=new_key()) for pk in missing],
            ignore_conflicts=True,
            batch_size=2_000,
        )
        found |= keys_of(missing)  # somebody else may have been faster
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


def new_key() -> bytes:
    return seal(base64.b64encode(os.urandom(KEY)).decode())


def destroy_keys(contact_ids: Iterable[int]) -> int:
    """The person is erased: their values can be read by nobody from now on."""
    keys = ContactKey.objects.filter(contact_id__in=list(contact_ids))
    return keys.delete()[0]


def sealed_with(key: AESGCM, values: Mapping[str, Any]) -> bytes:
    nonce = os.urandom(NONCE)
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

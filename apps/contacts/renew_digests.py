"""While the keys change, whoever asks for a phone or an e-mail finds it first anew.

Statements look for ids by their digest under the newest key. What still stands under
an older one (see common/resealing.py) is brought over before they look for it.
"""

from collections.abc import Iterable

from django.db import connection

from apps.common.sealing import digests, keys_change
from apps.contacts.emails import plain_email, without_slips
from apps.contacts.models import Identity
from apps.contacts.querysets import PHONE, TAIL, plain_phone

RENEW = """
UPDATE contacts_identity AS known SET digest = new.digest, tail_digest = new.tail
FROM unnest(%(older)s::bytea[], %(newest)s::bytea[], %(tails)s::bytea[])
    AS new (older, digest, tail)
WHERE known.digest = new.older AND known.digest <> ''
    AND NOT EXISTS (
        SELECT FROM contacts_identity AS twin
        WHERE twin.contact_id = known.contact_id AND twin.kind = known.kind
            AND twin.digest = new.digest AND twin.digest <> ''
    )
"""


def renew_digests(told: Iterable[tuple[str, str]]) -> None:
    """These kinds and values; nothing is asked where there is one key."""
    if not keys_change():
        return
    older, newest, tails = [], [], []
    for kind, value in told:
        if kind not in Identity.SEALED:
            continue
        whole, tail = whole_and_tail(kind, value)
        for each in whole[1:]:
            older.append(each)
            newest.append(whole[0])
            tails.append(tail)
    if older:
        with connection.cursor() as cursor:
            cursor.execute(RENEW, {"older": older, "newest": newest, "tails": tails})


def whole_and_tail(kind: str, value: str) -> tuple[list[bytes], bytes]:
    """What it is found by, under each key; and by a part of it, under the newest."""
    if kind == Identity.Kind.PHONE:
        plain = plain_phone(value)
        return digests(PHONE, plain), digests(TAIL, plain[-4:])[0]
    return (
        digests("email", plain_email(value)),
        digests("email without slips", without_slips(value))[0],
    )

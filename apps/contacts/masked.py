"""A contact's ids as everybody may see them: phones, e-mails and union ids masked.

Whoever shows an id calls `shown`, or `shown_value` for one that is at hand as text. The
whole one is another matter: see unmask.py.
"""

from apps.common.masking import masked_email, masked_id, masked_phone
from apps.common.sealing import CannotUnseal, unseal
from apps.contacts.models import Identity

Kind = Identity.Kind
MASKS = {Kind.PHONE: masked_phone, Kind.EMAIL: masked_email, Kind.UNION: masked_id}
UNREADABLE = "****"


def is_masked(kind: str) -> bool:
    return kind in MASKS


def shown_value(kind: str, whole: str) -> str:
    """An id of this kind as everybody may see it."""
    mask = MASKS.get(Kind(kind))
    return mask(whole) if mask and whole else whole


def shown(identity: Identity) -> str:
    try:
        return shown_value(identity.kind, whole_of(identity))
    except CannotUnseal:  # the key was taken out of the settings
        return UNREADABLE


def whole_of(identity: Identity) -> str:
    """For those who have asked to see it (unmask.py), and for exports of theirs."""
    if identity.kind in Identity.SEALED:
        return unseal(identity.sealed)
    return identity.value

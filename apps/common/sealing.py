"""Personal values at rest: sealed to be read back, digested to be found again.

Sealed: AES-256-GCM under the newest of SCRM_DATA_KEYS, with the key's number in
front, so that older keys still open what they sealed. Digested: HMAC-SHA-256 under a
key derived from the newest; whoever looks for a value asks for `digests`, under each of
the keys. Nothing stays under an older one for longer than the change of keys takes: see
resealing.py.
"""

import hashlib
import hmac
import os
from collections.abc import Sequence
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE = 12  # bytes, as AES-GCM wants it


class CannotUnseal(Exception):
    """A sealed value fits none of our keys."""


@cache
def _ciphers(keys: tuple[bytes, ...]) -> dict[bytes, AESGCM]:
    return {hashlib.sha256(key).digest()[:4]: AESGCM(key) for key in keys}


@cache
def _finder(key: bytes) -> bytes:
    return hmac.digest(key, b"find personal values", "sha256")


def _keys() -> tuple[bytes, ...]:
    return tuple(settings.SCRM_DATA_KEYS)


def seal(text: str) -> bytes:
    """4 bytes naming the key, 12 random bytes, the ciphertext with its tag."""
    return seal_all([text])[0]


def seal_all(texts: Sequence[str]) -> list[bytes]:
    """The same for many, with one call for all that must be random."""
    name, cipher = next(iter(_ciphers(_keys()).items()))
    return [
        name + nonce + cipher.encrypt(nonce, text.encode(), None)
        for nonce, text in zip(random_pieces(NONCE, len(texts)), texts, strict=True)
    ]


def random_pieces(size: int, many: int) -> list[bytes]:
    """So many strings of random bytes, drawn at once."""
    drawn = os.urandom(size * many)
    return [drawn[at : at + size] for at in range(0, size * many, size)]


def unseal(sealed: bytes | memoryview) -> str:
    sealed = bytes(sealed)
    cipher = _ciphers(_keys()).get(sealed[:4])
    if cipher is None:
        raise CannotUnseal
    nonce = sealed[4 : 4 + NONCE]
    return cipher.decrypt(nonce, sealed[4 + NONCE :], None).decode()


def is_under_the_newest(sealed: bytes | memoryview) -> bool:
    return bytes(sealed[:4]) == newest_name()


def newest_name() -> bytes:
    """What stands in front of everything that is sealed now."""
    return next(iter(_ciphers(_keys())))


def keys_change() -> bool:
    """Are there older keys, under which something may still be kept?"""
    return len(_keys()) > 1


def digest(purpose: str, text: str) -> bytes:
    """16 bytes that say whether two values are equal, and nothing else."""
    return _digest(_keys()[0], purpose, text)


def digests(purpose: str, text: str) -> list[bytes]:
    """The same under each of the keys, the newest first."""
    return [_digest(key, purpose, text) for key in _keys()]


def named_digests(purpose: str, text: str) -> list[bytes]:
    """The same, each with 4 bytes in front that name its key: what cannot be digested
    anew can be told from what is under the newest."""
    return [
        name + _digest(key, purpose, text)
        for name, key in zip(_ciphers(_keys()), _keys(), strict=True)
    ]


def _digest(key: bytes, purpose: str, text: str) -> bytes:
    message = f"{purpose}\x00{text}".encode()
    return hmac.digest(_finder(key), message, "sha256")[:16]

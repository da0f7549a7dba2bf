"""Check a signature, open and seal a message; no database, no network.

Signature: the hex SHA-1 of token, timestamp, nonce and the sealed text, sorted as
bytes. Sealed: base64 of AES-256-CBC over 16 random bytes, the length of the message
(4 bytes, big-endian), the message and the receiveid, padded to a multiple of 32; the
IV is the beginning of the key. (WeCom's documentation, "加解密方案说明".)

During a rotation two seals are accepted. They may share their Token.
"""

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32  # bytes, of the padding; AES itself has blocks of 16
HEAD = 20  # bytes before the message: 16 random ones and the length
AES_KEY = re.compile(r"[A-Za-z0-9+/]{43}")


class BadSignature(Exception):
    """The signature is not WeCom's."""


class Unreadable(Exception):
    """The message cannot be opened or is no message."""


class ForeignReceiver(Exception):
    """The message was meant for another corp."""


class BadKey(ValueError):
    """An EncodingAESKey has 43 letters and digits."""


@dataclass(frozen=True)
class Seal:
    """A Token and an EncodingAESKey, as they stand in WeCom's callback settings."""

    token: str = field(repr=False)
    aes_key: str = field(repr=False)

    def signature(self, *, timestamp: str, nonce: str, sealed: str) -> str:
        parts = (self.token, timestamp, nonce, sealed)
        signed = b"".join(sorted(part.encode() for part in parts))
        return hashlib.sha1(signed, usedforsecurity=False).hexdigest()

    def close(self, message: str, *, receiveid: str, noise: bytes | None = None) -> str:
        """Seal a message; `noise` are the 16 random bytes."""
        body = message.encode()
        content = b"".join(
            [
                os.urandom(16) if noise is None else noise,
                len(body).to_bytes(4, "big"),
                body,
                receiveid.encode(),
            ]
        )
        pad = BLOCK - len(content) % BLOCK
        encryptor = self._cipher().encryptor()
        padded = content + bytes([pad]) * pad
        return base64.b64encode(
            encryptor.update(padded) + encryptor.finalize()
        ).decode()

    def open(self, sealed: str, *, receiveid: str) -> str:
        """The message. Raises Unreadable for whatever is wrong, or ForeignReceiver."""
        content = self._decrypted(sealed)
        length = int.from_bytes(content[16:HEAD], "big")
        if HEAD + length > len(content):
            raise Unreadable
        meant_for = content[HEAD + length :]
        try:
            message = content[HEAD : HEAD + length].decode()
        except UnicodeDecodeError:
            raise Unreadable from None
        if not hmac.compare_digest(meant_for, receiveid.encode()):
            raise ForeignReceiver
        return message

    def _decrypted(self, sealed: str) -> bytes:
        """What was sealed, without its padding; at least as long as the head."""
        try:
            encrypted = base64.b64decode(sealed, validate=True)
        except (binascii.Error, ValueError):
            raise Unreadable from None
        if not encrypted or len(encrypted) % 16:
            raise Unreadable
        decryptor = self._cipher().decryptor()
        padded = decryptor.update(encrypted) + decryptor.finalize()
        pad = padded[-1]
        if not 1 <= pad <= BLOCK or padded[-pad:] != bytes([pad]) * pad:
            raise Unreadable
        content = padded[:-pad]
        if len(content) < HEAD:
            raise Unreadable
        return content

    def _cipher(self) -> Cipher:
        key = key_of(self.aes_key)
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def key_of(aes_key: str) -> bytes:
    """The 32 bytes behind an EncodingAESKey.

    The unused bits of its last character need not be zero, so base64 must be read
    leniently: a strict reader refuses some keys that WeCom itself made.
    """
    if not AES_KEY.fullmatch(aes_key):
        raise BadKey
    return base64.b64decode(aes_key + "=")


def unseal(
    seals: Sequence[Seal],
    *,
    signature: str,
    timestamp: str,
    nonce: str,
    sealed: str,
    receiveid: str,
) -> str:
    """The message, once its signature is found to be that of one of our seals."""
    given = signature.encode("utf-8", "surrogatepass")
    # every seal is compared, so that the time taken does not tell which one fits
    fitting = [
        seal
        for seal in seals
        if hmac.compare_digest(
            seal.signature(timestamp=timestamp, nonce=nonce, sealed=sealed).encode(),
            given,
        )
    ]
    if not fitting:
        raise BadSignature
    *others, last = fitting
    for seal in others:
        try:
            return seal.open(sealed, receiveid=receiveid)
        except Unreadable:  # sealed with the other key of the rotation
            continue
    return last.open(sealed, receiveid=receiveid)

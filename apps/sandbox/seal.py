"""Sign and encrypt a message as WeCom does, and open one again (wecom-api.md 4.1, 4.2).

The signature is the SHA-1 of token, timestamp, nonce and ciphertext, sorted and
joined. The key is the base64 of the 43-character AES key and "="; the cipher is
AES-256-CBC whose IV is the first half of the key. The plaintext is 16 random bytes,
the length in four bytes, the message, the receiver's id, padded to a multiple of 32.
"""

import base64
import binascii
import hashlib
import os
import time

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from apps.sandbox.compose import compose
from apps.sandbox.credentials import Receiver

BLOCK = 32
PREFIX = 16


class NotSealedForUs(ValueError):
    """The message cannot be opened with this receiver's token and key."""


def sign(token: str, timestamp: str, nonce: str, text: str) -> str:
    joined = b"".join(sorted(part.encode() for part in (token, timestamp, nonce, text)))
    return hashlib.sha1(joined).hexdigest()


def encrypt(
    message: str | bytes, *, receiver: Receiver, random: bytes | None = None
) -> str:
    """The base64 of the ciphertext; `random` are the 16 leading bytes."""
    content = message.encode() if isinstance(message, str) else message
    prefix = os.urandom(PREFIX) if random is None else random
    plain = prefix + len(content).to_bytes(4, "big") + content
    plain += receiver.receive_id.encode()
    padding = BLOCK - len(plain) % BLOCK
    encryptor = cipher(receiver).encryptor()
    sealed = encryptor.update(plain + bytes([padding]) * padding)
    return base64.b64encode(sealed + encryptor.finalize()).decode()


def decrypt(text: str, *, receiver: Receiver) -> bytes:
    """The message within; raises NotSealedForUs if anything about it is wrong."""
    try:
        sealed = base64.b64decode(text, validate=True)
        decryptor = cipher(receiver).decryptor()
        plain = decryptor.update(sealed) + decryptor.finalize()
    except (binascii.Error, ValueError) as error:
        raise NotSealedForUs(str(error)) from error
    padding = plain[-1] if plain else 0
    if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
        raise NotSealedForUs("The padding is wrong.")
    plain = plain[PREFIX:-padding]
    length = int.from_bytes(plain[:4], "big")
    message, receive_id = plain[4 : 4 + length], plain[4 + length :]
    if len(message) != length or receive_id != receiver.receive_id.encode():
        raise NotSealedForUs("It is for another receiver.")
    return message


def cipher(receiver: Receiver) -> Cipher[modes.CBC]:
    # Not a strict decoder: the last character may carry bits that mean nothing.
    key = base64.b64decode(f"{receiver.aes_key}=")
    return Cipher(algorithms.AES(key), modes.CBC(key[:PREFIX]))


def seal(
    message: str | bytes | dict,
    *,
    receiver: Receiver,
    timestamp: str | int | None = None,
    nonce: str = "1372623149",
    random: bytes | None = None,
) -> tuple[dict[str, str], bytes]:
    """The query and the body of the POST that brings the message.

    The message is XML as it stands, or a dictionary of its elements. Without a
    timestamp it is sealed now.
    """
    text = compose(message) if isinstance(message, dict) else message
    encrypted = encrypt(text, receiver=receiver, random=random)
    body = f"<xml><ToUserName><![CDATA[{receiver.receive_id}]]></ToUserName>"
    if receiver.agent_id:
        body += f"<AgentID><![CDATA[{receiver.agent_id}]]></AgentID>"
    body += f"<Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
    return signed(receiver, timestamp, nonce, encrypted), body.encode()


def seal_echo(
    text: str,
    *,
    receiver: Receiver,
    timestamp: str | int | None = None,
    nonce: str = "1372623149",
    random: bytes | None = None,
) -> dict[str, str]:
    """The query of the GET by which WeCom checks that the address is ours."""
    encrypted = encrypt(text, receiver=receiver, random=random)
    query = signed(receiver, timestamp, nonce, encrypted)
    return query | {"echostr": encrypted}


def signed(
    receiver: Receiver, timestamp: str | int | None, nonce: str, encrypted: str
) -> dict[str, str]:
    moment = str(int(time.time()) if timestamp is None else timestamp)
    return {
        "msg_signature": sign(receiver.token, moment, nonce, encrypted),
        "timestamp": moment,
        "nonce": nonce,
    }

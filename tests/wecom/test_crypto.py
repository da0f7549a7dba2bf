"""Signatures and sealed messages, against the vectors of WeCom and of others."""

import json
from pathlib import Path

import pytest

from apps.wecom.crypto import (
    BadKey,
    BadSignature,
    ForeignReceiver,
    Seal,
    Unreadable,
    key_of,
    unseal,
)

VECTORS = json.loads(
    (Path(__file__).parent.parent / "payloads/vectors.json").read_text("utf-8")
)

OURS = Seal(token="Token", aes_key="abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG")
NEXT = Seal(token="Next", aes_key="GFEDCBA9876543210zyxwvutsrqponmlkjihgfedcba")
CORP = "ww0123456789abcdef"


def told(seal: Seal, sealed: str, **changed: str) -> dict[str, str]:
    """What arrives with a sealed message."""
    stamp = {"timestamp": "1700000000", "nonce": "17"}
    signature = seal.signature(**stamp, sealed=sealed)
    given = {"signature": signature, "sealed": sealed, "receiveid": CORP, **stamp}
    return given | changed


def sealed_bytes(plain: bytes) -> str:
    """Sealed as it stands: without a length, a receiver or padding of its own."""
    import base64

    encryptor = OURS._cipher().encryptor()
    return base64.b64encode(encryptor.update(plain) + encryptor.finalize()).decode()


@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
class TestVectors:
    def test_opens_the_message(self, vector):
        seal = Seal(token=vector["token"], aes_key=vector["encodingAESKey"])

        message = unseal(
            [seal],
            signature=vector["msg_signature"],
            timestamp=vector["timestamp"],
            nonce=vector["nonce"],
            sealed=vector["ciphertext"],
            receiveid=vector["receiveid"],
        )

        assert message == vector["plaintext"]

    def test_seals_the_message_to_the_same_bytes(self, vector):
        seal = Seal(token=vector["token"], aes_key=vector["encodingAESKey"])

        sealed = seal.close(
            vector["plaintext"],
            receiveid=vector["receiveid"],
            noise=bytes.fromhex(vector["random_hex"]),
        )

        assert sealed == vector["ciphertext"]
        assert vector["msg_signature"] == seal.signature(
            timestamp=vector["timestamp"], nonce=vector["nonce"], sealed=sealed
        )

    def test_refuses_another_digit_in_the_signature(self, vector):
        seal = Seal(token=vector["token"], aes_key=vector["encodingAESKey"])
        first, *rest = vector["msg_signature"]
        other = "0" if first != "0" else "1"

        with pytest.raises(BadSignature):
            unseal(
                [seal],
                signature=other + "".join(rest),
                timestamp=vector["timestamp"],
                nonce=vector["nonce"],
                sealed=vector["ciphertext"],
                receiveid=vector["receiveid"],
            )

    def test_refuses_a_message_for_another_corp(self, vector):
        seal = Seal(token=vector["token"], aes_key=vector["encodingAESKey"])

        with pytest.raises(ForeignReceiver):
            seal.open(vector["ciphertext"], receiveid="ww_another")


class TestSignature:
    @pytest.mark.parametrize(
        "signature", ["", "0" * 40, "é" * 40, "\udcff", "0" * 10_000]
    )
    def test_is_refused_whatever_it_is_made_of(self, signature):
        sealed = OURS.close("hello", receiveid=CORP)

        with pytest.raises(BadSignature):
            unseal([OURS], **told(OURS, sealed, signature=signature))

    def test_is_checked_before_anything_is_decrypted(self):
        with pytest.raises(BadSignature):
            unseal([OURS], **told(NEXT, "not even base64"))

    @pytest.mark.parametrize("changed", ["timestamp", "nonce", "sealed"])
    def test_covers_everything_that_came_with_it(self, changed):
        sealed = OURS.close("hello", receiveid=CORP)
        given = told(OURS, sealed)
        given[changed] += "1"

        with pytest.raises(BadSignature):
            unseal([OURS], **given)


class TestOpen:
    @pytest.mark.parametrize(
        "sealed",
        [
            "",
            "§§§",
            "####",
            "AAA",
            # seven bytes, and seventeen
            "QUFBQUFBQQ==",
            "QUFBQUFBQUFBQUFBQUFBQUE=",
            # padding of none, of thirty-three, of two hundred, of unequal bytes
            sealed_bytes(bytes(32)),
            sealed_bytes(b"\x21" * 64),
            sealed_bytes(bytes(31) + b"\xc8"),
            sealed_bytes(bytes(30) + b"\x01\x02"),
            # padding, and no room for the head before it
            sealed_bytes(bytes(16) + b"\x10" * 16),
            # a length beyond the end
            sealed_bytes(bytes(16) + b"\xff\xff\xff\xff" + b"a" * 11 + b"\x01"),
            sealed_bytes(bytes(16) + b"\x00\x00\x00\x0c" + b"a" * 11 + b"\x01"),
            # a message that is no UTF-8
            sealed_bytes(bytes(16) + b"\x00\x00\x00\x02" + b"\xff\xfe" + b"\x0a" * 10),
        ],
    )
    def test_says_the_same_of_whatever_is_wrong(self, sealed):
        with pytest.raises(Unreadable) as failure:
            unseal([OURS], **told(OURS, sealed))

        assert failure.value.args == ()

    @pytest.mark.parametrize("length", range(80))
    def test_opens_what_was_sealed_whatever_its_length(self, length):
        message = "渠" * (length // 3) + "x" * (length % 3)

        sealed = OURS.close(message, receiveid=CORP)

        assert unseal([OURS], **told(OURS, sealed)) == message

    def test_uses_other_random_bytes_each_time(self):
        sealed = {OURS.close("hello", receiveid=CORP) for _time in range(20)}

        assert len(sealed) == 20


class TestRotation:
    @pytest.mark.parametrize("seal", [OURS, NEXT])
    def test_opens_what_either_seal_closed(self, seal):
        sealed = seal.close("hello", receiveid=CORP)

        assert unseal([OURS, NEXT], **told(seal, sealed)) == "hello"

    @pytest.mark.parametrize("key", [OURS.aes_key, NEXT.aes_key])
    def test_opens_what_either_key_closed_when_the_token_stays(self, key):
        old = Seal(token="Token", aes_key=OURS.aes_key)
        new = Seal(token="Token", aes_key=NEXT.aes_key)
        sealed = Seal(token="Token", aes_key=key).close("hello", receiveid=CORP)

        assert unseal([new, old], **told(old, sealed)) == "hello"

    def test_refuses_the_token_of_one_with_the_key_of_the_other(self):
        sealed = NEXT.close("hello", receiveid=CORP)

        with pytest.raises(Unreadable):
            unseal([OURS, NEXT], **told(OURS, sealed))


class TestKey:
    def test_may_end_in_bits_that_mean_nothing(self):
        strict = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFE"

        assert key_of(OURS.aes_key) == key_of(strict)

    @pytest.mark.parametrize("key", ["", "a" * 42, "a" * 44, "a" * 42 + "=", "é" * 43])
    def test_is_refused_unless_it_has_43_letters_and_digits(self, key):
        with pytest.raises(BadKey):
            key_of(key)

    def test_is_not_shown(self):
        assert "abc" not in repr(OURS)
        assert "Token" not in repr(OURS)

"""The sandbox's own sealing code against the published vectors, both ways."""

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest

from apps.sandbox.callbacks import seal as seal_of_callbacks
from apps.sandbox.credentials import SANDBOX, Receiver
from apps.sandbox.seal import NotSealedForUs, decrypt, encrypt, seal, seal_echo, sign

VECTORS = json.loads(
    (Path(__file__).parent.parent / "payloads/vectors.json").read_text("utf-8")
)


@pytest.fixture(params=VECTORS, ids=lambda name: name)
def vector(request):
    return VECTORS[request.param]


def receiver_of(vector) -> Receiver:
    return Receiver(
        token=vector["token"],
        aes_key=vector["encodingAESKey"],
        receive_id=vector["receiveid"],
    )


class TestVectors:
    def test_signs_as_published(self, vector):
        signature = sign(
            vector["token"],
            vector["timestamp"],
            vector["nonce"],
            vector["ciphertext"],
        )

        assert signature == vector["msg_signature"]

    def test_encrypts_as_published(self, vector):
        encrypted = encrypt(
            vector["plaintext"],
            receiver=receiver_of(vector),
            random=bytes.fromhex(vector["random_hex"]),
        )

        assert encrypted == vector["ciphertext"]

    def test_opens_what_is_published(self, vector):
        message = decrypt(vector["ciphertext"], receiver=receiver_of(vector))

        assert message.decode() == vector["plaintext"]

    def test_seals_a_whole_request(self, vector):
        query, body = seal(
            vector["plaintext"],
            receiver=receiver_of(vector),
            timestamp=vector["timestamp"],
            nonce=vector["nonce"],
            random=bytes.fromhex(vector["random_hex"]),
        )

        assert query["msg_signature"] == vector["msg_signature"]
        assert f"<![CDATA[{vector['ciphertext']}]]>" in body.decode()


class TestSeal:
    def test_names_the_agent_only_for_the_app(self):
        _, for_app = seal("<xml/>", receiver=SANDBOX.app_receiver)
        _, for_contacts = seal("<xml/>", receiver=SANDBOX.contacts_receiver)

        assert b"<AgentID><![CDATA[1000002]]></AgentID>" in for_app
        assert b"AgentID" not in for_contacts

    def test_takes_a_dictionary_of_elements(self):
        query, body = seal({"Event": "enter_agent"}, receiver=SANDBOX.app_receiver)
        sealed = body.decode().split("<Encrypt><![CDATA[")[1].split("]]>")[0]

        message = decrypt(sealed, receiver=SANDBOX.app_receiver)

        assert message == b"<xml><Event><![CDATA[enter_agent]]></Event></xml>"
        assert query.keys() == {"msg_signature", "timestamp", "nonce"}

    def test_can_be_had_from_the_callbacks_too(self):
        assert seal_of_callbacks is seal

    def test_makes_another_ciphertext_each_time(self):
        first, second = (encrypt("x", receiver=SANDBOX.app_receiver) for _ in "ab")

        assert first != second

    def test_seals_an_echo(self):
        query = seal_echo("1616140317555161061", receiver=SANDBOX.app_receiver)

        plain = decrypt(query["echostr"], receiver=SANDBOX.app_receiver)

        assert plain == b"1616140317555161061"
        assert query["msg_signature"] == sign(
            SANDBOX.callback_token,
            query["timestamp"],
            query["nonce"],
            query["echostr"],
        )


class TestDecrypt:
    @pytest.mark.parametrize(
        "spoil",
        [
            lambda sealed: sealed[:-16],  # the padding is gone
            lambda sealed: sealed[:-1],  # not a whole block
            lambda sealed: b"",
            lambda sealed: bytes(len(sealed)),
        ],
    )
    def test_refuses_what_was_spoilt(self, spoil):
        sealed = base64.b64decode(encrypt("x" * 40, receiver=SANDBOX.app_receiver))
        spoilt = base64.b64encode(spoil(sealed)).decode()

        with pytest.raises(NotSealedForUs):
            decrypt(spoilt, receiver=SANDBOX.app_receiver)

    def test_refuses_what_is_no_base64(self):
        with pytest.raises(NotSealedForUs):
            decrypt("?", receiver=SANDBOX.app_receiver)

    def test_refuses_what_is_for_another_corp(self):
        stranger = replace(SANDBOX.app_receiver, receive_id="ww0000000000000000")

        with pytest.raises(NotSealedForUs):
            decrypt(encrypt("x", receiver=stranger), receiver=SANDBOX.app_receiver)

"""The attacks that the callback endpoint must stand, by their numbers."""

import ast
import inspect
import io
import logging
import statistics
import time
import tracemalloc
from datetime import timedelta

import pytest
import time_machine

from apps.sandbox.seal import encrypt, seal, seal_echo, signed
from apps.wecom import crypto
from apps.wecom.models import Callback, Seen
from apps.wecom.views import CallbackView
from tests.conftest import day
from tests.wecom.test_xml import CROWDED, DEEP, DOCTYPES, LAUGHS, QUADRATIC
from tests.wecom.told import ADDED, ADDRESS, CONTACTS, left_no_trace, rejected, wrapped


@pytest.mark.django_db
class TestAttacks:
    def test_1_a_wrong_or_missing_signature(self, put, app, caplog):
        query, body = seal(ADDED, receiver=app)
        before = rejected("BadSignature")

        with caplog.at_level(logging.DEBUG):
            wrong = put(query | {"msg_signature": "0" * 40}, body)
            missing = put(
                {k: v for k, v in query.items() if k != "msg_signature"}, body
            )

        assert (wrong.status_code, missing.status_code) == (403, 400)
        assert left_no_trace()
        assert rejected("BadSignature") == before + 1
        sealed = body.decode().split("CDATA[")[-1][:40]
        assert sealed not in caplog.text
        assert "wm-1" not in caplog.text

    def test_2_one_byte_of_what_is_sealed_is_changed(self, put, app):
        query, body = seal(ADDED, receiver=app)
        place = body.index(b"<Encrypt>") + 40
        other = b"A" if body[place : place + 1] != b"A" else b"B"

        answer = put(query, body[:place] + other + body[place + 1 :])

        assert answer.status_code == 403
        assert left_no_trace()

    @pytest.mark.parametrize(
        "later", [timedelta(minutes=1), timedelta(minutes=10), timedelta(days=2)]
    )
    def test_3_a_genuine_request_is_replayed(self, put, app, later):
        with time_machine.travel(day(1), tick=False):
            query, body = seal(ADDED, receiver=app)
            put(query, body)
        with time_machine.travel(day(1) + later, tick=False):
            answer = put(query, body)

        assert answer.status_code == 200
        assert Callback.objects.count() == 1
        assert Seen.objects.get().times == 2

    def test_3_a_genuine_request_was_held_back(self, put, app):
        with time_machine.travel(day(1), tick=False):
            query, body = seal(ADDED | {"WelcomeCode": "code"}, receiver=app)
        with time_machine.travel(day(3), tick=False):
            answer = put(query, body)

        assert answer.status_code == 200
        kept = Callback.objects.get()
        assert kept.is_late
        assert kept.lane == "callback"

    def test_4_timestamp_and_nonce_are_swapped(self, put, app):
        query, body = seal(ADDED, receiver=app, nonce="1372623149")
        swapped = {"timestamp": query["nonce"], "nonce": query["timestamp"]}

        answers = [put(query, body), put(query | swapped, body)]

        assert [answer.status_code for answer in answers] == [200, 200]
        assert Callback.objects.count() == 1

    @pytest.mark.parametrize(
        ("changed", "status"),
        [
            # shifted by a second
            ({"timestamp": "1700000001"}, 403),
            ({"nonce": "1"}, 403),
            # not of their form
            ({"timestamp": "170000000"}, 400),
            ({"timestamp": "17000000000"}, 400),
            ({"timestamp": "1700000000\n"}, 400),
            ({"timestamp": "１７０００００００１"}, 400),
            ({"nonce": "1" * 65}, 400),
            ({"nonce": "1 2"}, 400),
            # given twice
            ({"timestamp": ["1700000000", "1700000000"]}, 400),
            ({"msg_signature": ["0" * 40, "0" * 40]}, 400),
        ],
    )
    def test_4_parameters_are_changed(self, put, app, changed, status):
        query, body = seal(ADDED, receiver=app, timestamp=1700000000)

        assert put(query | changed, body).status_code == status
        assert left_no_trace()

    def test_5_a_message_for_another_corp(self, put, app):
        sealed = encrypt("<xml><Event>e</Event></xml>", receiver=app)
        stranger = crypto.Seal(app.token, app.aes_key).close(
            "<xml><Event>e</Event></xml>", receiveid="ww_another"
        )

        theirs = put(signed(app, None, "1", stranger), wrapped(stranger))
        ours = put(signed(app, None, "1", sealed), wrapped(sealed))

        assert (theirs.status_code, ours.status_code) == (403, 200)
        assert Callback.objects.count() == 1

    def test_5_a_message_to_the_wrong_address(self, put, app, corp):
        to_app = seal(ADDED, receiver=app)
        to_contacts = seal(ADDED, receiver=corp.credentials.contacts_receiver)

        assert put(*to_app, address=CONTACTS).status_code == 403
        assert put(*to_contacts).status_code == 403
        assert left_no_trace()

    @pytest.mark.parametrize("doctype", DOCTYPES)
    def test_6_a_doctype_outside_or_inside(self, put, app, doctype):
        query, body = seal(ADDED, receiver=app)
        outside = put(query, doctype.format(body.decode()).encode())
        told = doctype.format("<xml><Event>e</Event></xml>")
        inside = put(*seal(told, receiver=app))

        assert (outside.status_code, inside.status_code) == (400, 400)
        assert left_no_trace()

    def test_6_an_entity_of_a_url_is_not_fetched(self, put, app, host):
        told = f'<!DOCTYPE xml [<!ENTITY a SYSTEM "{host.url}/a">]><xml>&a;</xml>'

        put(*seal(told, receiver=app))
        put(seal(ADDED, receiver=app)[0], told.encode())

        assert host.asked == []

    @pytest.mark.parametrize(
        ("told", "status"),
        [
            (LAUGHS, 400),
            (QUADRATIC, 400),
            (DEEP, 400),
            (CROWDED[:1_000_000], 400),
            ("<xml>" + "a" * 5_000_000 + "</xml>", 413),
        ],
        ids=["laughs", "quadratic", "deep", "crowded", "huge"],
    )
    def test_7_a_body_that_would_cost_much(self, put, app, told, status):
        query, _body = seal(ADDED, receiver=app)
        put(query, b"")  # what is loaded at the first request is not its cost
        body = told.encode()

        began = time.thread_time()  # others may use the machine as well
        answer = put(query, body)
        took = time.thread_time() - began

        assert answer.status_code == status
        assert took < 0.2
        assert left_no_trace()

    @pytest.mark.parametrize("told", [LAUGHS, QUADRATIC, DEEP])
    def test_7_a_sealed_body_that_would_cost_much(self, put, app, told):
        query, body = seal(told, receiver=app)
        tracemalloc.start()
        try:
            answer = put(query, body)
            _now, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()

        assert answer.status_code == 400
        assert most < 50_000_000

    def test_7_a_body_that_is_too_large_is_not_read(self, rf, app):
        class Unread(io.BytesIO):
            def read(self, *size):
                raise AssertionError("it was read")

        request = rf.post(ADDRESS, query_params=seal(ADDED, receiver=app)[0])
        request.META["CONTENT_LENGTH"] = str(1024 * 1024 + 1)
        request._stream = Unread()

        assert CallbackView.as_view()(request).status_code == 413

    @pytest.mark.parametrize("length", ["-1", "many", "1e6", "٣"])
    def test_7_a_length_that_is_none_is_refused(self, put, app, length):
        query, body = seal(ADDED, receiver=app)

        assert put(query, body, CONTENT_LENGTH=length).status_code == 400

    @pytest.mark.parametrize(
        "sealed",
        [
            "§",
            "QQ==",
            "A" * 63,
            # decrypts, to nonsense
            "A" * 64,
            "QUFB" * 800,
        ],
    )
    def test_8_what_cannot_be_opened_is_answered_alike(self, put, app, sealed):
        genuine = put(signed(app, None, "1", sealed), wrapped(sealed))
        forged = put(signed(app, None, "2", sealed + "x"), wrapped(sealed))

        assert (genuine.status_code, genuine.content) == (400, b"")
        assert (forged.status_code, forged.content) == (403, b"")
        assert left_no_trace()

    def test_8_invalid_utf_8_inside_is_answered_alike(self, put, app):
        answer = put(*seal(b"<xml><Event>\xff</Event></xml>", receiver=app))

        assert (answer.status_code, answer.content) == (400, b"")

    def test_9_signatures_are_compared_in_constant_time(self):
        tree = ast.parse(inspect.getsource(crypto.unseal))
        called = {
            node.func.attr
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        }

        assert "compare_digest" in called
        assert not [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]

    def test_9_the_time_does_not_tell_how_much_was_right(self, app):
        seal = crypto.Seal(app.token, app.aes_key)
        given = {"timestamp": "1700000000", "nonce": "1", "sealed": "A" * 1024}
        right = seal.signature(**given)
        other = "0" if right[-1] != "0" else "1"
        guesses = {"none": "g" * 40, "most": right[:39] + other}
        took: dict[str, list[float]] = {name: [] for name in guesses}

        for _time in range(10_000):
            for name, guess in guesses.items():
                began = time.perf_counter()
                with pytest.raises(crypto.BadSignature):
                    crypto.unseal([seal], signature=guess, receiveid="ww1", **given)
                took[name].append(time.perf_counter() - began)

        none, most = (statistics.median(took[name]) for name in ("none", "most"))
        assert 0.9 < most / none < 1.1

    def test_9_a_signature_need_not_be_ascii(self, put, app):
        query, body = seal(ADDED, receiver=app)

        assert put(query | {"msg_signature": "é" * 40}, body).status_code == 403

    def test_10_a_check_with_a_wrong_signature_reflects_nothing(self, client, app):
        query = seal_echo("hello", receiver=app) | {"echostr": "<script>"}

        answer = client.get(ADDRESS, query_params=query)

        assert (answer.status_code, answer.content) == (403, b"")

    def test_10_a_genuine_check_is_answered_with_the_bare_text(self, client, app):
        query = seal_echo("1616140317555161061", receiver=app)

        began = time.perf_counter()
        answer = client.get(ADDRESS, query_params=query)
        took = time.perf_counter() - began

        assert (answer.status_code, answer.content) == (200, b"1616140317555161061")
        assert answer["Content-Type"] == "text/plain"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert took < 1
        assert left_no_trace()

    @pytest.mark.parametrize("parameter", ["echostr", "msg_signature", "nonce"])
    def test_10_a_check_without_its_parameters(self, client, app, parameter):
        query = seal_echo("hello", receiver=app)
        del query[parameter]

        assert client.get(ADDRESS, query_params=query).status_code == 400

"""What the callback endpoint keeps, and what it answers."""

import time
from datetime import timedelta

import pytest
import requests
import time_machine
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.sandbox.seal import seal, seal_echo
from apps.wecom.models import Callback
from tests.conftest import day
from tests.wecom.test_crypto import VECTORS
from tests.wecom.test_xml import DOCTYPES
from tests.wecom.told import ADDED, ADDRESS, CONTACTS, left_no_trace, wrapped


@pytest.mark.django_db
class TestMessage:
    def test_is_kept_and_answered_success(self, put, app):
        answer = put(*seal(ADDED, receiver=app))

        assert answer.status_code == 200
        assert answer.content == b"success"
        assert answer["Content-Type"] == "text/plain"
        kept = Callback.objects.get()
        assert kept.message == {k: str(v) for k, v in ADDED.items()}
        assert (kept.event, kept.change_type) == (ADDED["Event"], ADDED["ChangeType"])
        assert (kept.receiver, kept.subject) == ("app", "contact:wm-1")
        assert kept.told_at == day(1)

    def test_of_the_address_book_is_kept_from_its_own_address(self, wecom):
        answer = wecom.says("change_contact", "create_user", at=day(1), UserID="Ann")

        assert answer.status_code == 200
        assert Callback.objects.get().receiver == "contacts"

    def test_has_no_second_address_unless_that_is_set_up(self, put, wecom, settings):
        settings.WECOM_CONTACTS_CALLBACK_TOKEN = ""

        told = wecom.says("change_contact", "create_user", at=day(1), UserID="ann")
        probed = put({}, b"", address=CONTACTS)

        assert told.status_code == probed.status_code == 404
        assert left_no_trace()

    def test_under_the_next_seal_is_kept_during_a_rotation(self, put, app, settings):
        query, body = seal(ADDED, receiver=app)
        settings.WECOM_CALLBACK_TOKEN_2 = settings.WECOM_CALLBACK_TOKEN
        settings.WECOM_CALLBACK_AES_KEY_2 = settings.WECOM_CALLBACK_AES_KEY
        settings.WECOM_CALLBACK_TOKEN = "AnotherToken"
        settings.WECOM_CALLBACK_AES_KEY = "A" * 43

        assert put(query, body).status_code == 200

    @pytest.mark.parametrize("minutes", [-10, 10])
    def test_hurries_though_our_clock_is_wrong(self, put, app, settings, minutes):
        settings.ASK_THE_TIME_EVERY = timedelta(minutes=1)
        just_now = {"CreateTime": int(time.time()), "WelcomeCode": "code"}

        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            assert put(*seal(ADDED | just_now, receiver=app)).status_code == 200

        kept = Callback.objects.get()
        assert kept.lane == "welcome"
        assert abs(kept.due_at - timezone.now()) < timedelta(seconds=10)

    @pytest.mark.parametrize("method", ["head", "put", "patch", "delete", "options"])
    def test_comes_by_get_or_post_only(self, client, method):
        assert getattr(client, method)(ADDRESS).status_code == 405

    @pytest.mark.parametrize("parameter", ["msg_signature", "timestamp", "nonce"])
    @pytest.mark.parametrize("how", ["missing", "twice", "empty"])
    def test_with_other_parameters_is_refused(self, put, app, parameter, how):
        query, body = seal(ADDED, receiver=app)
        given = {"missing": None, "twice": [query[parameter]] * 2, "empty": ""}[how]
        query = query | {parameter: given}
        query = {name: value for name, value in query.items() if value is not None}

        assert put(query, body).status_code == 400
        assert left_no_trace()

    @pytest.mark.parametrize(
        "message",
        [
            ADDED | {"Name": "x\x00y" * 3, "Remark": "\u202e" + "e\u0301" * 10_000},
            ADDED | {"ExternalUserID": "w" * 5000, "ChangeType": "c" * 500},
            ADDED | {"CreateTime": "never"},
            ADDED | {"CreateTime": "9" * 400},
            {"Event": "an_event_of_tomorrow"},
            {"MsgType": "text", "Content": "hello"},
        ],
    )
    def test_that_is_strange_is_kept_safely(self, put, app, message):
        assert put(*seal(message, receiver=app)).status_code == 200
        assert Callback.objects.get().message

    def test_costs_one_statement(self, put, app, django_assert_num_queries):
        query, body = seal(ADDED, receiver=app)

        with django_assert_num_queries(1):
            put(query, body)


@pytest.mark.django_db
@pytest.mark.parametrize("vector", VECTORS.values(), ids=VECTORS)
class TestVectors:
    """Requests that others have sealed, kept as files."""

    @pytest.fixture
    def query(self, settings, vector):
        settings.WECOM_CORP_ID = vector["receiveid"]
        settings.WECOM_CALLBACK_TOKEN = vector["token"]
        settings.WECOM_CALLBACK_AES_KEY = vector["encodingAESKey"]
        return {name: vector[name] for name in ("msg_signature", "timestamp", "nonce")}

    def test_are_kept_or_answered(self, client, vector, query):
        if vector["plaintext"].startswith("<"):
            answer = client.post(
                ADDRESS,
                wrapped(vector["ciphertext"]),
                content_type="text/xml",
                query_params=query,
            )
            assert answer.content == b"success"
            assert Callback.objects.count() == 1
        else:
            query["echostr"] = vector["ciphertext"]
            answer = client.get(ADDRESS, query_params=query)
            assert answer.content == vector["plaintext"].encode()
            assert left_no_trace()


@pytest.mark.django_db(transaction=True)
class TestOverTheWire:
    """The same with real sockets in between."""

    def test_attacks_and_a_genuine_message(self, live_server, app):
        query, body = seal(ADDED, receiver=app)
        address = f"{live_server.url}{ADDRESS}"
        echo = seal_echo("hello", receiver=app)

        with requests.Session() as session:
            session.trust_env = False
            forged = session.post(address, body, params=query | {"nonce": "x"})
            huge = session.post(address, b"x" * 2_000_000, params=query)
            doctype = session.post(
                address, DOCTYPES[0].format("<xml/>").encode(), params=query
            )
            script = session.get(address, params=echo | {"echostr": "<script>"})
            assert left_no_trace()
            genuine = [session.post(address, body, params=query) for _time in range(3)]
            checked = session.get(address, params=echo)

        assert [a.status_code for a in (forged, huge, doctype, script)] == [
            *(403, 413, 400, 403),
        ]
        assert [a.text for a in genuine] == ["success"] * 3
        assert checked.text == "hello"
        assert Callback.objects.count() == 1


@pytest.fixture
def no_database(transactional_db):
    """The database cannot be reached, until the end of the test."""
    connection.close()
    host = connection.settings_dict["HOST"]
    connection.settings_dict["HOST"] = "/nowhere"
    yield lambda: connection.settings_dict.update(HOST=host)
    connection.close()
    connection.settings_dict["HOST"] = host


class TestKeeping:
    def test_that_fails_is_answered_503_and_succeeds_later(self, no_database, app):
        put = Client()
        query, body = seal(ADDED, receiver=app)
        given = {"content_type": "text/xml", "query_params": query}

        began = time.perf_counter()
        answer = put.post(ADDRESS, body, **given)
        took = time.perf_counter() - began
        no_database()
        again = put.post(ADDRESS, body, **given)

        assert (answer.status_code, answer.content) == (503, b"")
        assert took < 4
        assert again.status_code == 200
        assert Callback.objects.count() == 1

    @pytest.mark.django_db(transaction=True)
    def test_that_fails_at_the_commit_is_not_answered_success(self, put, app):
        with connection.cursor() as cursor:
            cursor.execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'not at this hour'; END $$;
                CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON wecom_callback
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse();
            """)
        try:
            answer = put(*seal(ADDED, receiver=app))
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP FUNCTION refuse CASCADE")

        assert answer.status_code == 503
        assert left_no_trace()

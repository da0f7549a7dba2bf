"""The access token, one for all processes."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.errors import TryLater
from apps.wecom import token as tokens
from apps.wecom.calls import call
from apps.wecom.errors import NotSetUp, TokenRejected, WeComRefused, WeComUnreachable
from apps.wecom.models import AccessToken, Receiver
from apps.wecom.token import Fetched, obtain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def accepts(host):
    """Let the host accept only the token of this number and the later ones."""

    def accept(first: int) -> None:
        def answers(asked):
            number = int(asked.token.rpartition("-")[2] or 0)
            return {"errcode": 0} if number >= first else {"errcode": 42001}

        host.answers = answers

    return accept


def never():
    raise AssertionError("a token was fetched")


class TestToken:
    def test_is_fetched_once_and_sent_with_every_call(self, host):
        for _time in range(3):
            call("getcallbackip")

        assert len(host.of("gettoken")) == 1
        assert [a.token for a in host.of("getcallbackip")] == ["token-1"] * 3

    def test_is_one_for_each_app(self, host):
        call("getcallbackip")
        call("user.list_id")

        assert [a.token for a in host.of("user/list_id")] == ["token-2"]

    def test_is_kept_sealed(self, host):
        call("getcallbackip")

        with connection.cursor() as cursor:
            cursor.execute("SELECT t::text FROM wecom_accesstoken t")
            [row] = cursor.fetchone()
        assert b"token-1".hex() not in row
        assert "token-1" not in row

    def test_of_another_secret_is_not_used(self, host, settings):
        call("getcallbackip")
        settings.WECOM_APP_SECRET = "the next secret"
        call("getcallbackip")

        assert [a.token for a in host.of("getcallbackip")] == ["token-1", "token-2"]

    def test_is_refused_where_no_secret_is_set(self, host, settings):
        settings.WECOM_CONTACTS_SECRET = ""

        with pytest.raises(NotSetUp):
            call("user.list_id")

    def test_is_fetched_anew_before_it_expires(self, host):
        host.tokens = lambda asked: {"access_token": "short", "expires_in": 0}

        call("getcallbackip")
        call("getcallbackip")

        assert len(host.of("gettoken")) == 2

    @pytest.mark.parametrize("lasts", ["7200", None, "soon"])
    def test_lasts_two_hours_where_wecom_says_nothing_clear(self, host, lasts):
        host.tokens = lambda asked: {"access_token": "t", "expires_in": lasts}

        call("getcallbackip")

        left = AccessToken.objects.get().expires_at - timezone.now()
        assert timedelta(minutes=107) < left < timedelta(minutes=109)

    @pytest.mark.parametrize(
        "answer", [{"errcode": 0}, {"access_token": ""}, b"<html>", 502]
    )
    def test_that_is_none_is_no_token(self, host, answer):
        host.tokens = lambda asked: answer

        with pytest.raises(WeComUnreachable):
            call("getcallbackip")

        assert host.of("getcallbackip") == []


class TestRejectedToken:
    @pytest.mark.parametrize("errcode", [40014, 42001, 41001])
    def test_is_replaced_and_the_call_made_once_more(self, host, errcode):
        host.answers = lambda asked: {
            "errcode": errcode if asked.token == "token-1" else 0
        }

        assert call("getcallbackip")["errcode"] == 0
        assert len(host.of("gettoken")) == 2
        assert len(host.of("getcallbackip")) == 2

    def test_is_replaced_only_once(self, host):
        host.answers = lambda asked: {"errcode": 40014}

        with pytest.raises(TokenRejected):
            call("getcallbackip")

        assert len(host.of("gettoken")) == 2
        assert len(host.of("getcallbackip")) == 2

    def test_is_replaced_by_one_of_fifty(self, host, accepts, at_once):
        """They all hold the same token when WeCom ends it."""
        accepts(1)
        call("getcallbackip")
        accepts(2)

        def ask():
            try:
                return call("getcallbackip", patience=timedelta(seconds=30))["errcode"]
            except TryLater as later:
                return later

        answers = at_once(50, ask)

        assert answers == [0] * 50
        assert len(host.of("gettoken")) == 2

    def test_is_replaced_by_one_of_fifty_though_gettoken_is_slow(
        self, host, accepts, at_once
    ):
        accepts(1)
        call("getcallbackip")
        accepts(2)

        def slow(asked):
            time.sleep(1.5)
            return host.next_token(asked)

        host.tokens = slow

        at_once(50, lambda: call("getcallbackip", patience=timedelta(seconds=30)))

        assert len(host.of("gettoken")) == 2
        assert AccessToken.objects.get(app="app").generation == 2

    def test_is_replaced_by_one_of_several_processes(
        self, host, accepts, other_process
    ):
        accepts(1)
        call("getcallbackip")
        accepts(2)
        others = [other_process("call", "getcallbackip") for _time in range(3)]

        answers = [process.communicate(timeout=60)[0].strip() for process in others]
        call("getcallbackip")

        assert [answer.splitlines()[-1] for answer in answers] == ["0"] * 3
        assert len(host.of("gettoken")) == 2


class TestOldToken:
    def test_never_takes_the_place_of_a_newer_one(self, host):
        """A fetch that took longer than its lease comes home last."""
        AccessToken.objects.create(app=Receiver.APP)

        def slow() -> Fetched:
            # meanwhile the lease runs out, and another process is faster
            AccessToken.objects.update(refreshing_until=None)
            obtain(Receiver.APP, fetch=lambda: Fetched("newer", 7200))
            return Fetched("older", 7200)

        tokens._known.clear()
        token = obtain(Receiver.APP, fetch=slow)

        assert token.value == "newer"
        assert AccessToken.objects.get().generation == 1

    def test_of_a_worker_that_died_is_fetched_by_another_after_the_lease(self, host):
        AccessToken.objects.create(
            app=Receiver.APP,
            credential=tokens.credential_of(Receiver.APP),
            refreshing_until=timezone.now() + timedelta(seconds=0.3),
        )

        token = obtain(Receiver.APP, fetch=lambda: Fetched("fresh", 7200))

        assert token.value == "fresh"


class TestWrongSecret:
    def test_is_tried_once_a_minute(self, host):
        host.tokens = lambda asked: {"errcode": 40001}

        for _time in range(5):
            with pytest.raises(WeComRefused) as refusal:
                call("getcallbackip")
            assert refusal.value.errcode == 40001

        assert len(host.of("gettoken")) == 1

    def test_is_tried_once_by_many_at_once(self, host, at_once):
        host.tokens = lambda asked: {"errcode": 40001}

        refusals = at_once(16, lambda: call("getcallbackip"))

        assert {getattr(r, "errcode", r) for r in refusals} == {40001}
        assert len(host.of("gettoken")) == 1

    def test_is_tried_again_when_it_has_been_corrected(self, host, settings):
        host.tokens = lambda asked: (
            host.next_token(asked)
            if asked.query["corpsecret"] == "right"
            else {"errcode": 40001}
        )
        with pytest.raises(WeComRefused):
            call("getcallbackip")

        settings.WECOM_APP_SECRET = "right"

        assert call("getcallbackip")["errcode"] == 0

    def test_does_not_stand_in_the_way_for_longer_than_a_minute(self, host):
        host.tokens = lambda asked: {"errcode": 40001}
        with pytest.raises(WeComRefused):
            call("getcallbackip")
        AccessToken.objects.update(refreshing_until=timezone.now())
        host.tokens = host.next_token

        assert call("getcallbackip")["errcode"] == 0


def test_a_fresh_token_costs_no_statement(host, django_assert_num_queries):
    call("getcallbackip")

    with django_assert_num_queries(0):
        obtain(Receiver.APP, fetch=never)

"""What goes wrong on purpose goes wrong as it was told to."""

import http.client
import time

import pytest

from apps.sandbox.faults import BadRule, Faults

REMARK = "externalcontact/remark"
PAIR = {"userid": "lihua", "external_userid": "wmA0001"}


def remark_of(corp) -> str:
    return corp.value("SELECT remark FROM follow WHERE id = 1")


class TestRules:
    def test_strike_as_often_as_they_may(self):
        faults = Faults()
        faults.add(api="user/*", do=-1, times=2)

        struck = [faults.strike("user/get") is not None for _ in range(4)]

        assert struck == [True, True, False, False]

    def test_strike_only_what_they_are_for(self):
        faults = Faults()
        faults.add(api="user/*", do=-1)

        assert faults.strike("department/list") is None
        assert faults.strike("user/list").do == -1

    def test_strike_with_their_probability(self):
        faults = Faults()
        faults.add(api="*", do=-1, probability=0.5)

        struck = sum(faults.strike("x") is not None for _ in range(400))

        assert 120 < struck < 280

    def test_let_the_next_one_have_its_turn_when_spent(self):
        faults = Faults()
        faults.add(api="*", do=-1, times=1)
        faults.add(api="*", do=6000)

        assert [faults.strike("x").do for _ in range(3)] == [-1, 6000, 6000]

    @pytest.mark.parametrize(
        "rule",
        [
            {"api": "*", "do": "explode"},
            {"api": "*", "do": 0},
            {"api": "*", "do": True},
            {"api": 7, "do": -1},
            {"api": "*", "do": -1, "times": "often"},
            {"api": "*", "do": -1, "probability": -1},
            {"api": "*", "do": -1, "colour": "red"},
            {"do": -1},
        ],
    )
    def test_are_refused_when_they_make_no_sense(self, rule):
        with pytest.raises(BadRule):
            Faults().replace([rule])


class TestEffects:
    def test_an_error_code_keeps_the_call_from_having_any(self, corp, server, call):
        server.faults.add(api=REMARK, do=-1)

        answer = call(REMARK, PAIR | {"remark": "新"})

        assert answer["errcode"] == -1
        assert remark_of(corp) == "张先生"

    def test_a_timeout_has_none(self, corp, server, call):
        call.fetch_token()
        server.faults.add(api=REMARK, do="timeout", seconds=0.2)

        with pytest.raises((ConnectionError, http.client.HTTPException)):
            call(REMARK, PAIR | {"remark": "新"})

        assert remark_of(corp) == "张先生"

    def test_a_timeout_after_the_effect_has_one(self, corp, server, call):
        server.faults.add(api=REMARK, do="timeout_after_effect", seconds=0.2)

        with pytest.raises((ConnectionError, http.client.HTTPException)):
            call(REMARK, PAIR | {"remark": "新"})

        assert remark_of(corp) == "新"

    def test_a_page_of_status_500_has_none(self, corp, server, call):
        server.faults.add(api=REMARK, do="http500")
        call.token = call.fetch_token()

        status, headers, page = call.ask(
            REMARK, body=PAIR | {"remark": "新"}, query={"access_token": call.token}
        )

        assert status == 500
        assert headers["Content-Type"] == "text/html"
        assert page.startswith(b"<html>")
        assert remark_of(corp) == "张先生"

    def test_half_an_answer_comes_after_the_effect(self, corp, server, call):
        server.faults.add(api=REMARK, do="half_closed")

        with pytest.raises(http.client.IncompleteRead):
            call(REMARK, PAIR | {"remark": "新"})

        assert remark_of(corp) == "新"

    def test_a_slow_answer_comes_all_the_same(self, server, call):
        call("getcallbackip")
        server.faults.add(api="getcallbackip", do="slow", seconds=0.2)
        began = time.monotonic()

        assert "ip_list" in call("getcallbackip")
        assert time.monotonic() - began >= 0.2

    def test_a_server_that_stops_does_not_wait_for_them(self, server, call):
        server.faults.add(api="getcallbackip", do="timeout", seconds=60)
        began = time.monotonic()

        with pytest.raises(TimeoutError):
            call.ask("getcallbackip", timeout=0.2)
        server.stop()

        assert time.monotonic() - began < 5

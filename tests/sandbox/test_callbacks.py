"""News are sent as WeCom sends them, and as badly as the knobs will have it."""

import time
from collections import Counter

import pytest

from tests.sandbox.golden import NOW


@pytest.fixture(autouse=True)
def quick(corp):
    corp.knobs.turn(attempt_seconds=1.0, retry_gap_seconds=0.02)


def outcomes(server) -> list[tuple[int, str]]:
    """Attempt and outcome of each line of the delivery log."""
    return [
        (line.get("attempt", 0), line["outcome"])
        for line in server.journal.read(kind="callbacks")
    ]


class TestDelivery:
    def test_brings_a_signed_and_sealed_message(self, corp, server, listener):
        corp.do("add", userid="wang", external_userid="wmNew", state="渠道一", at=NOW)
        server.callbacks.flush()

        (told,) = listener.messages()
        assert told["ChangeType"] == "add_external_contact"
        assert told["State"] == "渠道一"
        assert told["CreateTime"] == str(NOW)
        assert outcomes(server) == [(1, "http 200")]

    def test_each_receiver_hears_only_its_own(self, corp, server, listener):
        corp.do("add", userid="wang")
        corp.do("employee_create", departments=[1])
        server.callbacks.flush()

        assert [one["Event"] for one in listener.messages("app")] == [
            "change_external_contact"
        ]
        assert [one["Event"] for one in listener.messages("contacts")] == [
            "change_contact"
        ]

    def test_news_without_an_address_are_only_noted(self, corp, server):
        corp.do("add", userid="wang")

        assert outcomes(server) == [(0, "no receiver")]

    def test_a_server_that_has_stopped_hears_nothing_more(self, corp, server):
        server.stop()

        corp.do("add", userid="wang")

        assert outcomes(server) == []

    def test_refuses_an_address_that_is_none(self, server):
        with pytest.raises(ValueError, match="no http address"):
            server.callbacks.configure(app_url="ftp://example")


class TestAttempts:
    def test_are_three_with_a_new_seal_each(self, corp, server, listener):
        listener.answers = lambda number: 503
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert outcomes(server) == [(n, "http 503") for n in (1, 2, 3)]
        nonces = {one["nonce"] for one in listener.requests}
        bodies = {one["body"] for one in listener.requests}
        assert len(nonces) == len(bodies) == 3
        assert len({message for _, message in listener.heard}) <= 3
        assert len({one["ExternalUserID"] for one in listener.messages()}) == 1

    def test_may_bring_the_very_same_request(self, corp, server, listener):
        corp.knobs.turn(retry_resealed=False)
        listener.answers = lambda number: 503
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert len(listener.requests) == 3
        assert len({one["body"] for one in listener.requests}) == 1
        assert len({one["nonce"] for one in listener.requests}) == 1

    def test_end_with_the_first_success(self, corp, server, listener):
        listener.answers = lambda number: 503 if number == 1 else 200
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert outcomes(server) == [(1, "http 503"), (2, "http 200")]

    def test_may_take_any_answer_for_a_success(self, corp, server, listener):
        corp.knobs.turn(retry_on_status=False)
        listener.answers = lambda number: 503
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert outcomes(server) == [(1, "http 503")]

    def test_fail_when_no_answer_comes_in_time(self, corp, server, listener):
        listener.pause = lambda number: 1.5 if number == 1 else 0.0
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert outcomes(server) == [(1, "timeout"), (2, "http 200")]

    def test_fail_when_nobody_listens(self, corp, server):
        server.callbacks.configure(app_url="http://127.0.0.1:1/")
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert outcomes(server) == [(n, "refused") for n in (1, 2, 3)]

    def test_are_as_many_as_the_knob_says(self, corp, server, listener):
        corp.knobs.turn(attempts=4)
        listener.answers = lambda number: 500
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert len(listener.requests) == 4


class TestKnobs:
    def test_duplicates_come_as_often_as_told(self, corp, server, listener):
        corp.knobs.turn(duplicates=3)
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert len(listener.requests) == 3
        assert len({one["ExternalUserID"] for one in listener.messages()}) == 1

    def test_what_is_lost_never_comes(self, corp, server, listener):
        corp.knobs.turn(loss=1.0)
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert listener.requests == []
        assert outcomes(server) == [(0, "lost")]

    def test_a_part_is_lost(self, corp, server, listener):
        corp.knobs.turn(loss=0.5)
        for _ in range(100):
            corp.do("add", userid="wang")
        server.callbacks.flush()

        count = Counter(outcome for _, outcome in outcomes(server))
        assert count["lost"] + count["http 200"] == 100
        assert 20 < count["lost"] < 80

    def test_shuffling_changes_the_order(self, corp, server, listener):
        corp.knobs.turn(shuffle_seconds=0.5)
        sent = [corp.do("add", userid="wang")["external_userid"] for _ in range(30)]
        server.callbacks.flush()

        heard = [one["ExternalUserID"] for one in listener.messages()]
        assert sorted(heard) == sorted(sent)
        assert heard != sent

    def test_delay_holds_everything_back(self, corp, server, listener):
        corp.knobs.turn(delay_seconds=0.3)
        began = time.monotonic()
        corp.do("add", userid="wang")
        server.callbacks.flush()

        assert time.monotonic() - began >= 0.3
        assert len(listener.requests) == 1

    def test_a_burst_lets_many_come_at_once(self, corp, server, listener):
        corp.knobs.turn(burst_seconds=0.5)
        for _ in range(5):
            corp.do("add", userid="wang")
        server.callbacks.flush()

        times = [line["at"] for line in server.journal.read(kind="callbacks")]
        assert len(times) == 5
        assert max(times) - min(times) < 0.45

    def test_many_may_bear_the_same_second(self, corp, server, listener):
        corp.knobs.turn(create_time_step=60)
        for second in range(0, 50, 10):
            corp.do("add", userid="wang", at=1_700_000_040 + second)
        server.callbacks.flush()

        assert {one["CreateTime"] for one in listener.messages()} == {"1700000040"}

    def test_flush_says_how_much_is_left_when_it_gives_up(self, corp, server, listener):
        corp.knobs.turn(delay_seconds=30.0)
        corp.do("add", userid="wang")

        assert server.callbacks.flush(timeout=0.05) == 1


class TestVerify:
    def test_asks_both_receivers_to_prove_themselves(self, server, listener):
        assert server.callbacks.verify("app") == "ok"
        assert server.callbacks.verify("contacts") == "ok"

    def test_says_when_nobody_is_there(self, server):
        server.callbacks.configure(app_url="http://127.0.0.1:1/")

        assert server.callbacks.verify("app") == "refused"

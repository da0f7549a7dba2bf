"""So much may be called, and no more."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.sandbox.knobs import Knobs
from apps.sandbox.limits import Limits
from tests.sandbox.caller import Clock


@pytest.fixture
def limits(clock) -> Limits:
    return Limits(Knobs(calls_per_minute=3, calls_per_hour=10), clock)


@pytest.fixture
def clock() -> Clock:
    return Clock(1000.0)


def enter(limits, api="user/get", ip="10.0.0.1") -> int:
    errcode = limits.enter(api, ip)
    if errcode == 0:
        limits.leave(api)
    return errcode


class TestFrequency:
    def test_blocks_an_api_for_a_minute(self, limits, clock):
        assert [enter(limits) for _ in range(5)] == [0, 0, 0, 45009, 45009]

        clock.move(59)
        assert enter(limits) == 45009
        clock.move(1)
        assert enter(limits) == 0

    def test_counts_each_api_by_itself(self, limits):
        for _ in range(4):
            enter(limits)

        assert enter(limits, api="department/list") == 0

    def test_blocks_for_an_hour_when_the_hour_is_used_up(self, limits, clock):
        codes = []
        for _ in range(12):
            codes.append(enter(limits))
            clock.move(21)

        assert codes == [0] * 10 + [45009] * 2
        clock.move(3600 - 43)
        assert enter(limits) == 45009
        clock.move(1)
        assert enter(limits) == 0

    def test_may_be_scaled(self, clock):
        limits = Limits(
            Knobs(calls_per_minute=1, minute_seconds=0.5, block_seconds=0.1), clock
        )
        assert [enter(limits), enter(limits)] == [0, 45009]

        clock.move(0.5)
        assert enter(limits) == 0


class TestConcurrency:
    def test_lets_only_so_many_in_at_once(self, clock):
        limits = Limits(Knobs(concurrency=2), clock)

        codes = [limits.enter("user/get", "10.0.0.1") for _ in range(3)]
        limits.leave("user/get")

        assert codes == [0, 0, 45033]
        assert limits.enter("user/get", "10.0.0.1") == 0

    def test_is_felt_over_http(self, corp, server, call):
        corp.knobs.turn(latency_ms=500, concurrency=2)
        call.token = call.fetch_token()

        with ThreadPoolExecutor(6) as pool:
            found = list(pool.map(lambda _: call("getcallbackip"), range(6)))

        refused = [one for one in found if one.get("errcode") == 45033]
        assert len(refused) == 4


class TestOneObject:
    def test_is_changed_by_one_call_at_a_time(self, corp, server, call):
        corp.knobs.turn(latency_ms=500)
        call.token = call.fetch_token()
        same = {"userid": "lihua", "external_userid": "wmA0001", "add_tag": ["etT0002"]}
        other = same | {"external_userid": "wmA0005"}

        with ThreadPoolExecutor(3) as pool:
            found = list(
                pool.map(
                    lambda body: call("externalcontact/mark_tag", body),
                    [same, same | {"userid": "LIHUA"}, other],
                )
            )

        codes = [one["errcode"] for one in found]
        assert sorted(codes[:2]) == [0, 45035]
        assert codes[2] == 0

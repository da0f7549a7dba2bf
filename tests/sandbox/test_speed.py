"""The sandbox is quick enough for the loads it must bring about."""

import http.client
import time

import pytest

from apps.sandbox.corp import Corp
from apps.sandbox.server import Server
from tests.sandbox.caller import Caller


def best_rate(times: int, something, *, wanted: float) -> float:
    """How often a second. Whatever else the machine does has pauses: the best of twenty
    tries, or the first that is good enough."""
    best, tries = 0.0, 0
    while best <= wanted and tries < 20:
        began = time.perf_counter()
        for _ in range(times):
            something()
        best, tries = max(best, times / (time.perf_counter() - began)), tries + 1
    return best


@pytest.fixture(scope="module")
def populated():
    corp = Corp()
    corp.populate(employees=20, contacts=5000, groups=10)
    yield corp
    corp.close()


def test_more_than_five_hundred_adds_a_second(populated):
    assert best_rate(200, lambda: populated.do("add"), wanted=500) > 500


def test_more_than_three_hundred_small_calls_a_second(populated):
    with Server(populated) as server:
        token = Caller(server).fetch_token()
        line = http.client.HTTPConnection(server.host, server.port, timeout=5)

        def ask() -> None:
            line.request("GET", f"/cgi-bin/department/get?access_token={token}&id=1")
            assert b'"errcode":0' in line.getresponse().read()

        assert best_rate(200, ask, wanted=300) > 300
        line.close()


def test_a_page_of_customers_in_less_than_ten_milliseconds(populated):
    with Server(populated) as server:
        call = Caller(server)
        users = call("externalcontact/get_follow_user_list")["follow_user"]
        body = {"userid_list": users, "limit": 100}

        path = "externalcontact/batch/get_by_user"
        assert best_rate(20, lambda: call(path, body), wanted=100) > 100

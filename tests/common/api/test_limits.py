"""So many requests in a minute, and whoever waits is not turned away again."""

from datetime import timedelta

import pytest

from apps.common.allowance import spend
from tests import make
from tests.conftest import day
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db


def test_the_minute_begins_with_the_first_request():
    def used(seconds: float) -> tuple[int, int, bool]:
        at = day(1) + timedelta(seconds=seconds)
        allowance = spend("client:1", limit=2, at=at)
        return allowance.used, allowance.seconds, allowance.is_spent

    assert used(0) == (1, 60, False)
    assert used(10) == (2, 50, False)
    assert used(10.5) == (3, 50, True)
    assert used(59.9) == (4, 1, True)
    assert used(60) == (1, 60, False)


def test_one_client_does_not_use_up_anothers():
    spend("client:1", limit=1, at=day(1))

    assert not spend("client:2", limit=1, at=day(1)).is_spent


def test_whoever_asks_too_often_is_told_when_to_come_again():
    shop = Shop(make.key(of=make.client(per_minute=2)))

    answers = [shop.ask() for _each in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[0]["RateLimit-Policy"] == '"client";q=2;w=60'
    assert answers[0]["RateLimit"] == '"client";r=1;t=60'
    assert answers[2]["RateLimit"].startswith('"client";r=0;t=')
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert answers[2].json()["code"] == "throttled"


def test_what_is_refused_counts_as_well():
    shop = Shop(make.key("events:write", of=make.client(per_minute=1)))

    assert [shop.ask().status_code for _each in range(2)] == [403, 429]


def test_waiting_as_long_as_one_is_told_is_enough():
    at = day(1)
    spend("client:1", limit=1, at=at)
    turned_away = spend("client:1", limit=1, at=at + timedelta(seconds=12.3))

    later = at + timedelta(seconds=12.3 + turned_away.seconds)
    assert not spend("client:1", limit=1, at=later).is_spent

"""Machines whose clocks differ agree on what time it is: the database's."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from apps.common import clock

pytestmark = pytest.mark.django_db

WRONG = [timedelta(minutes=10), timedelta(minutes=-10), timedelta(days=400)]
NOTHING = timedelta(seconds=2)


@pytest.fixture(autouse=True)
def asks(settings):
    settings.ASK_THE_TIME_EVERY = timedelta(minutes=1)


def off_by(wrong):
    return time_machine.travel(timezone.now() + wrong)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_clock_that_is_wrong_from_the_beginning_is_not_believed(wrong):
    with off_by(wrong):
        assert abs(clock.now() - clock.database_time()) < NOTHING


@pytest.mark.parametrize("wrong", WRONG)
def test_nor_is_one_that_is_set_while_we_work(wrong):
    clock.now()

    with off_by(wrong):
        assert abs(clock.now() - clock.database_time()) < NOTHING
    assert abs(clock.now() - clock.database_time()) < NOTHING


def test_the_database_is_asked_once_a_minute(django_assert_num_queries):
    with off_by(timedelta(hours=1)), django_assert_num_queries(1):
        for _time in range(100):
            clock.now()


def test_a_clock_that_is_hardly_off_is_as_good_as_the_databases():
    with off_by(timedelta(milliseconds=300)):
        assert abs(clock.now() - timezone.now()) < timedelta(milliseconds=50)

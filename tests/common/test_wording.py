"""How moments, spans and numbers are written."""

from datetime import timedelta

import pytest

from apps.common.wording import ago, big_number, moment, spaced, span
from tests.conftest import day

NOW = day(10, hour=12)


@pytest.mark.parametrize(
    ("passed", "expected"),
    [
        (timedelta(seconds=59), "刚刚"),
        # clocks differ a little
        (timedelta(seconds=-20), "刚刚"),
        (timedelta(minutes=5, seconds=30), "5 分钟前"),
        (timedelta(hours=3), "3 小时前"),
        (timedelta(days=1), "03-09 12:00"),
        # another year is said
        (timedelta(days=80), "2025-12-20 12:00"),
        # what is to come has no distance
        (timedelta(hours=-3), "03-10 15:00"),
    ],
)
def test_ago(passed, expected):
    assert ago(NOW - passed, now=NOW) == expected


def test_nothing_is_two_dashes():
    assert {moment(None), ago(None, now=NOW), span(None), big_number(None)} == {"--"}


def test_a_moment_is_written_in_the_zone_of_the_house():
    assert moment(day(8, hour=14)) == "2026-03-08 14:00"


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        (timedelta(milliseconds=300), "0 秒"),
        (timedelta(seconds=59), "59 秒"),
        (timedelta(seconds=200), "3 分 20 秒"),
        (timedelta(hours=2, minutes=5), "2 小时 5 分"),
        (timedelta(days=4, hours=9), "4 天"),
        # a clock that went backwards
        (timedelta(seconds=-5), "0 秒"),
    ],
)
def test_span(length, expected):
    assert span(length) == expected


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, "0"),
        (9_999, "9,999"),
        (10_000, "1 万"),
        (12_345, "1.2 万"),
        # cut, not rounded
        (99_999_999, "9,999.9 万"),
        (340_000_000, "3.4 亿"),
        (-12_345, "-1.2 万"),
    ],
)
def test_big_number(number, expected):
    assert big_number(number) == expected


def test_chinese_and_latin_stand_apart():
    assert spaced("与Lily成为好友，共3人") == "与 Lily 成为好友，共 3 人"

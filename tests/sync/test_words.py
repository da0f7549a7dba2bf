"""WeCom's words, also those that it never should say."""

from datetime import UTC, datetime

import pytest

from apps.sync.words import kind, moment, whole

FIRST = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "number"),
    [("7", 7), (None, 0), ("x", 0), ([], 0), (10**30, 0), (-(10**30), 0), (1e999, 0)],
)
def test_a_number_is_one_that_can_be_kept(told, number):
    assert whole(told) == number


@pytest.mark.parametrize(("told", "number"), [(9, 9), (99_999, 0), (-1, 0)])
def test_no_kind_has_a_number_out_of_range(told, number):
    assert kind(told) == number


@pytest.mark.parametrize("told", [None, "", "x", 10**18, -(10**18), []])
def test_what_is_no_moment_is_the_first_one(told):
    assert moment(told) == FIRST

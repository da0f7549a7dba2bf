"""So many working minutes later, held against a clock that goes minute by minute."""

import random
from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone

from apps.followups.stages_admin import days_in
from apps.followups.working_time import (
    BadDays,
    BadHours,
    WorkingTime,
    good_hours,
    spans_in,
)
from tests.conftest import day

NINE_TO_SIX = {n: [(time(9), time(18))] for n in range(5)}
SPLIT = {n: [(time(9), time(12)), (time(13, 30), time(18))] for n in range(6)}
NIGHT = {6: [(time(22), time.max)], 0: [(time(0), time(6))]}


def minute_by_minute(works: WorkingTime, start: datetime, minutes: int) -> datetime:
    at = start
    while minutes:
        local = timezone.localtime(at)
        spans = works.spans(local.date())
        if any(begin <= local.time() < end for begin, end in spans):
            minutes -= 1
        at += timedelta(minutes=1)
    return at


@pytest.mark.parametrize("weekly", [NINE_TO_SIX, SPLIT, NIGHT])
def test_it_is_what_a_clock_says_that_goes_minute_by_minute(weekly):
    chance = random.Random(1)
    works = WorkingTime(
        weekly=weekly,
        days_off=frozenset({date(2026, 3, 4), date(2026, 3, 5)}),
        days_on=frozenset({date(2026, 3, 8)}),
    )
    for _try in range(12):
        start = day(chance.randint(1, 9), hour=0)
        start += timedelta(minutes=chance.randrange(1_440))
        minutes = chance.randint(1, 900)

        told = works.after(start, minutes=minutes)

        assert told == minute_by_minute(works, start, minutes)


@pytest.mark.parametrize(
    ("start", "due"),
    [
        # in the middle of a working day
        (day(2, hour=10), day(2, hour=10.5)),
        # twenty minutes before the evening: the rest on the next morning
        (
            day(2, hour=17) + timedelta(minutes=40),
            day(3, hour=9) + timedelta(minutes=10),
        ),
        # on Saturday: on Monday
        (day(7, hour=12), day(9, hour=9.5)),
        # exactly in the evening: the next morning
        (day(2, hour=18), day(3, hour=9.5)),
    ],
)
def test_half_an_hour_of_work_later(start, due):
    assert WorkingTime(weekly=NINE_TO_SIX).after(start, minutes=30) == due


def test_whoever_says_no_hours_works_always():
    works = WorkingTime(weekly={})

    assert works.after(day(7, hour=23), minutes=90) == day(8, hour=0.5)
    assert works.is_on(day(7, hour=3))


@pytest.mark.parametrize(
    "spans",
    [[["18:00", "09:00"]], [["09:00", "12:00"], ["11:00", "13:00"]], [["9", ""]]],
)
def test_spans_that_overlap_or_end_before_they_begin_are_refused(spans):
    with pytest.raises(BadHours):
        spans_in(spans)


def test_midnight_is_kept_as_the_end_of_the_day():
    assert good_hours({"0": [["22:00", "24:00"]]})["0"] == [["22:00", "24:00"]]


def test_days_are_parted_by_anything_and_nonsense_is_refused():
    assert days_in("2026-10-01、2026-10-02, 2026-10-03") == [
        date(2026, 10, n) for n in (1, 2, 3)
    ]
    with pytest.raises(BadDays):
        days_in("10月1日")

"""Which slots are due, and that each is fired once (I12)."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab
from django.conf import settings as product

from apps.common.models import Slot
from apps.common.timetable import MOST, Entry, fire, share_of, slots_between
from tests.common.ticks import fired
from tests.conftest import day

SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURLY = "0 * * * *"
TICK = timedelta(seconds=30)


def between(line: str, after: datetime, until: datetime) -> list[datetime]:
    return sorted(slots_between(line, after=after, until=until))


class TestWhatIsDue:
    def test_an_interval_is_the_same_for_all_who_look(self):
        after = day(1) + timedelta(seconds=7)

        slots = sorted(slots_between(TICK, after=after, until=after + 3 * TICK))

        assert slots == [day(1) + TICK, day(1) + 2 * TICK, day(1) + 3 * TICK]

    @pytest.mark.parametrize(
        "line",
        [
            *["*/7 * * * *", "20 2 * * *", "0 */3 * * 1-5", "5,35 0,23 * * sun"],
            *["0 0 1 * *", "59 23 31 12 *", "0 0 29 2 *", "15 10 13 * 5"],
        ],
    )
    def test_a_line_of_crontab_means_what_celery_says(self, line):
        after = datetime(2027, 11, 20, 11, 3, tzinfo=SHANGHAI)
        until = after + timedelta(days=160)  # a year's end and a 29th of February

        assert between(line, after, until)[:500] == told_by_celery(line, after, until)

    def test_the_last_minute_of_a_year_and_the_first_are_two(self):
        new_year = datetime(2027, 1, 1, tzinfo=SHANGHAI)
        minute = timedelta(minutes=1)

        last = between("59 23 31 12 *", new_year - 2 * minute, new_year + minute)
        first = between("0 0 1 1 *", new_year - 2 * minute, new_year + minute)
        every = between("* * * * *", new_year - 2 * minute, new_year + minute)

        assert (last, first) == ([new_year - minute], [new_year])
        assert every == [new_year - minute, new_year, new_year + minute]

    def test_no_summer_time_moves_a_slot(self):
        slots = between("30 2 * * *", day(1), day(366))

        assert len(slots) == 365
        assert {b - a for a, b in pairwise(slots)} == {timedelta(days=1)}


def told_by_celery(line: str, after: datetime, until: datetime) -> list[datetime]:
    schedule = crontab.from_string(line)
    slots: list[datetime] = []
    while len(slots) < 500:
        last, delta, _now = schedule.remaining_delta(
            slots[-1] if slots else after, tz=SHANGHAI
        )
        if last + delta > until:
            break
        slots.append(last + delta)
    return slots


@pytest.mark.django_db
class TestFire:
    def test_the_first_look_fires_nothing(self, timetable):
        """No stampede: what is new counts from now on."""
        timetable(HOURLY, missed="each")

        fire(at=day(1))
        fire(at=day(1) + timedelta(minutes=59))

        assert fired() == []

    def test_the_product_starts_without_a_stampede_and_wakes_without_one(self):
        fire(at=day(1))
        assert fired() == []

        fire(at=day(3))
        assert len(fired()) <= len(product.TIMETABLE)

    def test_a_slot_is_fired_by_the_first_look_at_or_after_it(self, timetable):
        timetable(HOURLY)
        fire(at=day(1, hour=9.5))

        fire(at=day(1, hour=10) - timedelta(microseconds=1))
        assert fired() == []

        for _look in range(3):
            fire(at=day(1, hour=10))
        assert fired() == [day(1, hour=10)]

    @pytest.mark.parametrize(
        ("missed", "hours"), [("skip", []), ("once", [12]), ("each", [10, 11, 12])]
    )
    def test_what_was_missed_in_three_hours_is_as_declared(
        self, timetable, missed, hours
    ):
        timetable(HOURLY, missed=missed)
        fire(at=day(1, hour=9.5))

        for seconds in range(3):
            fire(at=day(1, hour=12.5) + timedelta(seconds=seconds))
        assert fired() == [day(1, hour=hour) for hour in hours]

        fire(at=day(1, hour=13))
        assert fired() == [day(1, hour=hour) for hour in [*hours, 13]]

    def test_what_is_hardly_late_is_not_missed(self, timetable):
        timetable(HOURLY, missed="skip")
        fire(at=day(1, hour=9.5))

        fire(at=day(1, hour=10) + timedelta(seconds=59))

        assert fired() == [day(1, hour=10)]

    def test_no_more_than_a_thousand_are_made_up_for(self, timetable):
        timetable(timedelta(seconds=1), missed="each")
        fire(at=day(1))

        fire(at=day(1, hour=12))

        assert len(fired()) == MOST
        assert fired()[-1] == day(1, hour=12)

    def test_nothing_is_made_up_for_that_is_older_than_a_week(self, timetable):
        timetable("0 12 * * *", missed="each")
        fire(at=day(1))

        fire(at=day(20))

        assert fired() == [day(number, hour=12) for number in range(13, 20)]

    @pytest.mark.parametrize("missed", ["skip", "once", "each"])
    def test_a_clock_that_is_set_back_fires_nothing_twice(self, timetable, missed):
        timetable(timedelta(minutes=1), missed=missed)
        minutes = [*range(15), *range(5, 25)]

        for minute in minutes:
            fire(at=day(1) + timedelta(minutes=minute))

        expected = [day(1) + timedelta(minutes=minute) for minute in range(1, 25)]
        assert fired() == expected

    @pytest.mark.parametrize(
        ("missed", "more"), [("skip", 0), ("once", 0), ("each", 9)]
    )
    def test_a_clock_that_is_set_forward_has_missed_what_lies_between(
        self, timetable, missed, more
    ):
        timetable(timedelta(minutes=1), missed=missed)
        fire(at=day(1))

        fire(at=day(1) + timedelta(minutes=1))
        fire(at=day(1) + timedelta(minutes=11))
        fire(at=day(1) + timedelta(minutes=12))

        assert len(fired()) == 3 + more

    def test_a_clock_that_was_a_year_ahead_does_not_stop_it(self, timetable):
        timetable(HOURLY)
        for at in (day(1), day(366), day(1, hour=9.9)):
            fire(at=at)

        fire(at=day(1, hour=10))

        assert day(1, hour=10) in fired()

    def test_a_slot_with_jitter_is_due_a_little_later_and_for_all_the_same(
        self, timetable
    ):
        timetable(HOURLY, jitter=timedelta(minutes=10), missed="each")
        fire(at=day(1, hour=8.5))
        for hour in range(9, 21):
            fire(at=day(1, hour=hour))

        slots = Slot.objects.exclude(status="ignored")
        late = [slot.due_at - slot.slot_at for slot in slots]
        assert all(timedelta() <= one < timedelta(minutes=10) for one in late)
        assert len(set(late)) == len(late)
        here, there = day(1).astimezone(UTC), day(1).astimezone(SHANGHAI)
        assert share_of("x", here) == share_of("x", there)


def test_every_line_of_the_timetable_can_be_read():
    for task, line in product.TIMETABLE.items():
        entry = Entry(task=task, **line)
        slots_between(entry.when, after=day(1), until=day(2))
        assert entry.missed in ("skip", "once", "each")
        assert entry.title

"""A slot that was fired is worked off like any other job, and forgotten in time."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.jobs import MAX_BUGS
from apps.common.models import Slot
from apps.common.timetable import KEEP, fire, forget_old
from tests.common.ticks import fired, goes_wrong, ran
from tests.conftest import day

HOURLY = "0 * * * *"


@pytest.mark.django_db
class TestWork:
    def test_a_slot_calls_its_task(self, timetable, work_off):
        timetable(HOURLY)
        fire(at=day(1, hour=9.5))
        fire(at=day(1, hour=10))

        work_off()

        assert ran == ["tick"]
        assert list(Slot.objects.order_by("pk").values_list("status", flat=True)) == [
            "ignored",
            "done",
        ]

    @pytest.mark.parametrize(("missed", "times"), [("once", 1), ("each", 5)])
    def test_after_hours_without_workers_the_latest_serves_for_all(
        self, timetable, work_off, missed, times
    ):
        timetable(HOURLY, missed=missed)
        for hour in range(9, 15):
            fire(at=day(1, hour=hour))

        work_off()

        assert ran == ["tick"] * times

    def test_what_goes_wrong_each_time_is_seen_by_a_person(self, timetable, work_off):
        timetable(HOURLY)
        goes_wrong.append("now")
        for hour in range(9, 12):
            fire(at=day(1, hour=hour))
        work_off()

        failed = Slot.objects.failed().get()
        assert (failed.slot_at, failed.bugs) == (day(1, hour=11), MAX_BUGS)

        goes_wrong.clear()
        failed.try_again(at=timezone.now())
        work_off()
        assert ran == ["tick"]

    def test_a_task_that_is_no_more_is_said(self, settings, work_off):
        settings.TIMETABLE = {"tests.gone": {"when": HOURLY}}
        fire(at=day(1, hour=9.5))
        fire(at=day(1, hour=10))

        work_off()

        assert "tests.gone" in Slot.objects.failed().get().last_error

    def test_every_task_of_the_product_can_be_worked_off(self, work_off):
        fire(at=day(1))
        fire(at=day(3))
        fire(at=day(3, hour=10))

        for slot in Slot.objects.filter(status="waiting").order_by("pk"):
            slot.work_off()

        assert not Slot.objects.failed().exists()
        assert Slot.objects.filter(status="done").exists()


@pytest.mark.django_db
def test_old_slots_go_and_the_latest_of_each_task_stays(timetable):
    timetable("0 12 * * *", missed="each")
    fire(at=day(1))
    fire(at=day(5))
    Slot.objects.filter(status="waiting").update(status="done", done_at=day(5))
    now = day(5) + KEEP + timedelta(seconds=1)

    forget_old(at=now)

    assert fired() == [day(4, hour=12)]
    fire(at=now)
    expected = [day(4, hour=12), *(day(number, hour=12) for number in range(5, 12))]
    assert fired() == expected

"""A handful of jobs in one transaction: all of them, or each in its own."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections
from django.utils import timezone

from apps.common import handful, turns
from apps.common.jobs import LONG, work_through
from apps.common.lanes import Lane, lease_of
from apps.events.models import Delivery
from apps.wecom.models import Callback
from tests.common.test_jobs import claim, seen, told
from tests.conftest import day

pytestmark = pytest.mark.django_db

LIMIT = timedelta(seconds=5)


def together(jobs, *, enough=LONG):
    return list(handful.work_off_together(jobs, enough=enough, limit=LIMIT))


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


class TestTogether:
    def test_all_are_done_and_marked(self):
        for note in "xyz":
            told(note)

        assert together(claim()) == []

        assert seen() == ["x", "y", "z"]
        assert statuses() == ["done"] * 3

    @pytest.mark.parametrize("note", ["refused", "later", "bug", "broken"])
    def test_when_one_does_not_work_nothing_has_happened(self, note):
        for each in ["x", note, "y"]:
            told(each)

        jobs = claim()

        assert together(jobs) == jobs

        assert seen() == []
        assert statuses() == ["waiting"] * 3

    @pytest.mark.parametrize(
        ("note", "status"), [("refused", "failed"), ("later", "waiting")]
    )
    def test_and_then_each_goes_its_own_way(self, note, status):
        for each in ["x", note, "y"]:
            told(each)

        work_through(Delivery, claim())

        assert seen() == ["x", "y"]
        assert statuses() == ["done", status, "done"]

    def test_who_slept_past_the_lease_changes_nothing(self):
        for note in "xyz":
            told(note)
        sleepers = claim()
        later = timezone.now() + lease_of(Lane.NEWS) + timedelta(seconds=1)
        [one, *_others] = Delivery.objects.claim(lane=Lane.NEWS, at=later)

        assert together(sleepers) == sleepers
        assert seen() == []

        one.work_off()
        work_through(Delivery, sleepers)
        assert seen() == ["x"]

    def test_what_was_done_meanwhile_is_not_done_again(self):
        for note in "xy":
            told(note)
        jobs = claim()
        jobs[0].work_off()

        work_through(Delivery, jobs)

        assert seen() == ["x", "y"]

    def test_who_was_tried_before_goes_alone(self):
        for note in "xy":
            told(note)
        for _time in range(2):
            claim()
            Delivery.objects.update(due_at=timezone.now())
        jobs = claim()

        assert together(jobs) == jobs

    def test_after_long_enough_what_is_done_is_committed(self):
        for note in "xyz":
            told(note)
        jobs = claim()

        assert together(jobs, enough=timedelta(0)) == jobs[1:]

        assert seen() == ["x"]
        assert statuses() == ["done", "waiting", "waiting"]


class TestSubjects:
    """Two handfuls about the same contacts, the other way round."""

    @pytest.mark.django_db(transaction=True)
    def test_do_not_wait_for_each_other(self, settings):
        settings.WECOM_HANDLERS = "tests.wecom.tables.HANDLERS"
        for number in range(40):
            turn = number if number < 20 else 39 - number
            Callback.objects.create(
                lane=Lane.CALLBACK,
                event="an_event_of_tomorrow",
                subject=f"contact:wm-{turn}",
                message={},
                told_at=day(1),
            )
        barrier = threading.Barrier(2)

        def work() -> None:
            jobs = Callback.objects.claim(lane=Lane.CALLBACK, at=timezone.now())
            barrier.wait()
            while jobs:  # each time at least those that nobody stands before
                jobs = together(jobs)
            connections.close_all()

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert set(Callback.objects.values_list("status", flat=True)) == {"ignored"}

    @pytest.mark.django_db(transaction=True)
    def test_leave_what_others_are_at_and_go_on_with_the_rest(self, settings):
        settings.WECOM_HANDLERS = "tests.wecom.tables.HANDLERS"
        for number in range(3):
            Callback.objects.create(
                lane=Lane.CALLBACK,
                event="an_event_of_tomorrow",
                subject=f"contact:wm-{number}",
                message={},
                told_at=day(1),
            )
        jobs = Callback.objects.claim(lane=Lane.CALLBACK, at=timezone.now())
        other = connection.copy()
        other.set_autocommit(False)
        with other.cursor() as cursor:
            cursor.execute(turns.TAKE, [["contact:wm-1"]])

        assert together(jobs) == [jobs[1]]
        other.close()
        work_through(Callback, jobs)

        assert set(Callback.objects.values_list("status", flat=True)) == {"ignored"}


@pytest.mark.django_db(transaction=True)
def test_sixteen_workers_do_each_job_once():
    for number in range(200):
        told(f"{number:03}")
    barrier = threading.Barrier(16)

    def work() -> None:
        barrier.wait()
        while jobs := claim():
            work_through(Delivery, jobs)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while jobs := claim():  # given back, when everybody else had gone already
        work_through(Delivery, jobs)

    assert sorted(seen()) == [f"{number:03}" for number in range(200)]
    assert set(statuses()) == {"done"}

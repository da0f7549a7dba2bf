"""Each slot fires once, whoever looks at the clock and whoever is killed (I12).

Mutants, each of which turns tests here red: remembering the last slot in the process
instead of asking the table; writing a slot down under the moment of the look instead of
its own.
"""

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.db.models import Count

from apps.common.models import Presence, Slot
from apps.common.timetable import fire
from scrm.embedded.part import wait_for
from tests import processes
from tests.common.away import shut_out_everybody
from tests.common.ticks import fired, ran
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


class TestTogether:
    def test_sixteen_who_look_at_once_fire_each_slot_once(self, timetable):
        timetable(timedelta(seconds=1), missed="each")
        fire(at=day(1))
        barrier = threading.Barrier(16)
        answers: list[int] = []

        def look(number: int) -> None:
            for second in range(1, 21):
                barrier.wait()
                late = timedelta(milliseconds=number * 60)
                answers.append(fire(at=day(1) + timedelta(seconds=second) + late))
            connection.close()

        together(look)

        assert fired() == [day(1) + timedelta(seconds=n) for n in range(1, 21)]
        assert sum(answers) == 20

    def test_sixteen_first_looks_make_one_beginning(self, timetable):
        timetable("0 * * * *")
        barrier = threading.Barrier(16)

        def look(number: int) -> None:
            barrier.wait()
            fire(at=day(1) + timedelta(milliseconds=number))
            connection.close()

        together(look)

        assert Slot.objects.get().status == "ignored"


def together(look: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=look, args=[n]) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@pytest.fixture
def hang_up():
    """A timetable in a process of its own, with a slot every second."""
    hanging: list[subprocess.Popen] = []

    def start() -> subprocess.Popen:
        hanging.append(
            subprocess.Popen(
                [sys.executable, "manage.py", "timetable"],
                cwd=processes.ROOT,
                env=processes.environment()
                | {"DJANGO_SETTINGS_MODULE": "tests.common.hurried"},
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return hanging[-1]

    yield start
    for process in hanging:
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.communicate()


def until_there_are(many: int, more_than: int = 0) -> None:
    """Wait for so many slots of the kind of which each counts."""

    def there() -> bool:
        return Slot.objects.filter(task="tests.each").count() > more_than + many

    assert wait_for(there, seconds=30)


def gaps(task: str) -> set[timedelta]:
    slots = Slot.objects.filter(task=task).exclude(status="ignored", attempts=0)
    moments = slots.order_by("slot_at").values_list("slot_at", flat=True)
    return {later - earlier for earlier, later in pairwise(moments)}


class TestProcesses:
    @pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGSTOP])
    def test_two_timetables_fire_each_slot_once_and_one_may_be_struck_down(
        self, hang_up, work_off, settings, blow
    ):
        settings.TIMETABLE = {
            "tests.each": {"when": timedelta(seconds=1), "missed": "each"}
        }
        one, _other = hang_up(), hang_up()
        until_there_are(3)
        seen = Slot.objects.filter(task="tests.each").count()
        one.send_signal(blow)
        until_there_are(3, more_than=seen)

        assert gaps("tests.each") == {timedelta(seconds=1)}
        assert twice() == []
        slots = Slot.objects.filter(task="tests.each", status="waiting")
        Slot.objects.exclude(pk__in=slots).delete()
        many = slots.count()
        work_off(rounds=100)
        assert ran.count("each") >= many

    def test_an_outage_of_all_of_them_loses_what_is_declared_and_no_more(self, hang_up):
        for process in [hang_up(), hang_up()]:
            until_there_are(2)
            process.kill()
            process.wait()
        seen = Slot.objects.filter(task="tests.each").count()
        time.sleep(4)

        hang_up()
        until_there_are(5, more_than=seen)

        assert gaps("tests.each") == {timedelta(seconds=1)}
        assert max(gaps("tests.once")) >= timedelta(seconds=4)
        assert twice() == []

    def test_ends_at_once_when_it_is_asked_to(self, hang_up):
        process = hang_up()
        until_there_are(1)
        began = time.monotonic()

        process.terminate()

        assert process.wait(timeout=10) == 0
        assert time.monotonic() - began < 5
        assert Presence.objects.filter(role="timetable").exists()

    def test_a_database_that_is_away_for_a_while_does_not_end_it(self, hang_up):
        process = hang_up()
        until_there_are(2)

        shut_out_everybody(seconds=3)

        seen = Slot.objects.filter(task="tests.each").count()
        until_there_are(2, more_than=seen)
        assert process.poll() is None
        assert gaps("tests.each") == {timedelta(seconds=1)}


def twice() -> list[dict]:
    counted = Slot.objects.values("task", "slot_at").annotate(many=Count("pk"))
    return list(counted.filter(many__gt=1))

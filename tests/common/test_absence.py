"""Those who come back write down once that nobody was there.

Mutant: looking when somebody was last here before locking the row turns the sixteen
red, since all of them find the old moment.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.common import absence
from apps.common.absence import deal_with, note_refused, say_here, tell_refusals
from apps.common.models import Absence, Presence
from apps.sandbox.seal import seal
from scrm.embedded.part import wait_for
from scrm.household import answers, free_port
from tests import processes
from tests.common.away import unreachable
from tests.conftest import day
from tests.wecom.told import ADDED, ADDRESS

SECOND = timedelta(seconds=1)
WEB = "web"


def seconds(number: float):
    return day(1) + number * SECOND


@pytest.fixture(autouse=True)
def nothing_refused():
    absence.refusals.take()
    yield
    absence.refusals.take()


@pytest.mark.django_db
class TestSayHere:
    def test_the_first_word_ever_tells_of_no_absence(self):
        say_here(role=WEB, at=day(1))

        assert Presence.objects.get().seen_at == day(1)
        assert not Absence.objects.exists()

    def test_silence_of_half_a_minute_is_none_yet(self):
        for number in (0, 10, 40, 70):
            say_here(role=WEB, at=seconds(number))

        assert not Absence.objects.exists()

    def test_after_longer_silence_it_is_written_down_from_the_last_word_to_now(self):
        for number in (0, 10, 50, 60):
            say_here(role=WEB, at=seconds(number))

        written = Absence.objects.get()
        assert (written.role, written.why) == (WEB, "silent")
        assert (written.began_at, written.ended_at) == (seconds(10), seconds(50))

    def test_one_of_a_role_speaks_for_all_of_it_and_for_no_other(self):
        for number in range(0, 200, 20):
            say_here(role=WEB, at=seconds(number))
        say_here(role="worker:inbox", at=seconds(0))
        say_here(role="worker:inbox", at=seconds(200))

        assert Absence.objects.get().role == "worker:inbox"

    def test_a_clock_that_was_ahead_does_not_hide_later_absences(self):
        for number in (0, 3600, 5, 100):
            say_here(role=WEB, at=seconds(number))

        ends = Absence.objects.order_by("pk").values_list("ended_at", flat=True)
        assert list(ends) == [seconds(3600), seconds(100)]

    def test_costs_one_statement(self):
        say_here(role=WEB, at=day(1))

        with CaptureQueriesContext(connection) as asked:
            say_here(role=WEB, at=seconds(10))

        assert len(asked) == 1


@pytest.mark.django_db
class TestRefused:
    def test_what_could_not_be_kept_is_told_from_the_first_to_the_last(self):
        for number in (7, 3, 5):
            note_refused(at=seconds(number))

        say_here(role=WEB, at=seconds(20))
        say_here(role=WEB, at=seconds(30))

        told = Absence.objects.get()
        assert (told.role, told.why) == (WEB, "refused")
        assert (told.began_at, told.ended_at) == (seconds(3), seconds(7))


@pytest.mark.django_db
class TestDealWith:
    def test_only_the_web_hears_wecom_and_what_was_dealt_with_is_gone(self):
        for role in (WEB, "timetable"):
            say_here(role=role, at=seconds(0))
            say_here(role=role, at=seconds(100))
        note_refused(at=seconds(300))
        tell_refusals()

        undealt = list(Absence.objects.undealt().order_by("pk"))
        assert [(one.role, one.why) for one in undealt] == [
            (WEB, "silent"),
            (WEB, "refused"),
        ]

        deal_with(undealt[:1], at=day(2))
        assert list(Absence.objects.undealt()) == undealt[1:]
        assert Absence.objects.get(dealt_with_at=day(2)) == undealt[0]

    def test_is_not_dealt_with_a_second_time(self):
        say_here(role=WEB, at=seconds(0))
        say_here(role=WEB, at=seconds(100))
        for number in (2, 3):
            deal_with(Absence.objects.all(), at=day(number))

        assert Absence.objects.get().dealt_with_at == day(2)


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_sixteen_who_come_back_at_once_write_one_absence(self):
        barrier = threading.Barrier(16)

        def come_back(number: int) -> None:
            for hour in range(20):
                barrier.wait()
                say_here(role=WEB, at=day(1, hour=hour) + number * SECOND / 100)
            connection.close()

        threads = [threading.Thread(target=come_back, args=[n]) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert Presence.objects.count() == 1
        assert Absence.objects.count() == 19

    def test_a_callback_that_the_database_cannot_keep_is_told_once_it_is_back(
        self, corp
    ):
        query, body = seal(ADDED, receiver=corp.credentials.app_receiver)
        given = {"content_type": "text/xml", "query_params": query}
        before = timezone.now()
        with unreachable():
            assert Client().post(ADDRESS, body, **given).status_code == 503

        say_here(role=WEB, at=timezone.now())

        told = Absence.objects.undealt().get()
        assert told.why == "refused"
        assert before <= told.began_at <= told.ended_at <= timezone.now()

    def test_it_is_not_forgotten_while_the_database_is_still_away(self):
        note_refused(at=day(1))
        note_refused(at=day(2))

        with unreachable():
            absence.say_if_possible(WEB)
        absence.say_if_possible(WEB)

        told = Absence.objects.get()
        assert (told.began_at, told.ended_at) == (day(1), day(2))


@pytest.fixture
def start():
    """Start one of our processes, which speaks five times a second."""
    started: list[subprocess.Popen] = []

    def start(*command: str) -> subprocess.Popen:
        hurried = {"DJANGO_SETTINGS_MODULE": "tests.common.hurried"}
        started.append(
            subprocess.Popen(
                [sys.executable, "manage.py", *command],
                cwd=processes.ROOT,
                env=processes.environment() | hurried | {"WEB_PROCESSES": "2"},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )
        return started[-1]

    yield start
    for process in started:
        kill(process)


def kill(process: subprocess.Popen) -> None:
    """It and its children, for good."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_here(role: str) -> bool:
    recently = timezone.now() - 2 * SECOND
    return Presence.objects.filter(role=role, seen_at__gt=recently).exists()


@pytest.mark.django_db(transaction=True)
class TestProcesses:
    def test_a_web_server_that_was_killed_is_missed_once_by_all_that_come_back(
        self, start
    ):
        first, *others = (free_port() for _number in range(3))
        web = start("web", "--port", str(first))
        assert wait_for(lambda: answers("127.0.0.1", first), seconds=120)
        assert wait_for(lambda: is_here(WEB), seconds=10)
        kill(web)
        killed_at = timezone.now()
        time.sleep(3)

        for port in others:
            start("web", "--port", str(port))
        assert wait_for(
            lambda: all(answers("127.0.0.1", p) for p in others), seconds=120
        )
        assert wait_for(lambda: is_here(WEB), seconds=10)
        time.sleep(1)

        missed = Absence.objects.get()
        assert missed.role == WEB
        assert killed_at - SECOND < missed.began_at < killed_at + SECOND / 10
        assert missed.ended_at > killed_at + 2 * SECOND

    def test_a_worker_says_which_lanes_it_is_here_for(self, start):
        start("worker", "--name", "inbox", "--lanes", "news", "--processes", "1")

        assert wait_for(lambda: is_here("worker:inbox"), seconds=120)

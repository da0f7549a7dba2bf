"""Work that must be done at least once, and whose effect must be seen once.

The jobs here are deliveries to the subscribers of this module.
"""

import threading
import time
from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from apps.common import jobs
from apps.common.errors import Refused, TryLater
from apps.common.jobs import MAX_ATTEMPTS, MAX_BUGS, Job, work_through
from apps.common.lanes import HANDFUL, Lane, lease_of
from apps.contacts.models import Contact
from apps.events.bus import record, subscribe
from apps.events.event import Event
from apps.events.models import Delivery, EventRecord
from apps.wecom.models import Callback, Command
from apps.wecom.outbox import ask

pytestmark = pytest.mark.django_db


@dataclass(frozen=True, kw_only=True)
class Rang(Event):
    """Only the tests ring."""

    note: str


class OutOfStock(Refused):
    """There is nothing left."""


@subscribe(Rang)
def write_it_down(event: Rang) -> None:
    """Its effect is a contact of that name; the note says what goes wrong."""
    Contact.objects.create(name=event.note, added_at=event.at)
    if event.note == "refused":
        raise OutOfStock
    if event.note == "later":
        raise TryLater(after=timedelta(minutes=7))
    if event.note == "bug":
        raise ZeroDivisionError("a mistake")
    if event.note == "broken":
        raise IntegrityError("a mistake of the database's")
    if event.note == "hangs":
        time.sleep(5)


def told(note: str) -> Delivery:
    event = record(Rang(at=timezone.now(), source=EventRecord.Source.SYSTEM, note=note))
    return event.deliveries.get()


def claim(lane: str = Lane.NEWS) -> list[Delivery]:
    return Delivery.objects.claim(lane=lane, at=timezone.now())


def seen() -> list[str]:
    return list(Contact.objects.order_by("pk").values_list("name", flat=True))


class TestWorkOff:
    def test_marks_done_in_the_transaction_of_the_work(self):
        told("x")
        [job] = claim()

        job.work_off()

        job.refresh_from_db()
        assert (job.status, seen()) == ("done", ["x"])

    def test_a_done_job_is_not_done_again(self):
        told("x")
        [job] = claim()

        job.work_off()
        job.work_off()

        assert seen() == ["x"]

    def test_a_refusal_is_final_and_says_why(self):
        told("refused")
        [job] = claim()

        job.work_off()

        job.refresh_from_db()
        assert (job.status, seen()) == ("failed", [])
        assert job.last_error

    def test_what_must_wait_waits_and_leaves_no_trace(self):
        told("later")
        [job] = claim()

        job.work_off()

        job.refresh_from_db()
        assert (job.status, seen()) == ("waiting", [])
        assert job.due_at > timezone.now() + timedelta(minutes=6)

    @pytest.mark.parametrize("mistake", ["bug", "broken"])
    def test_our_own_mistake_is_tried_five_times_and_then_a_person_must_look(
        self, mistake
    ):
        job = told(mistake)
        for attempt in range(MAX_BUGS):
            Delivery.objects.update(due_at=timezone.now())
            [claimed] = claim(Lane.BULK if attempt else Lane.NEWS)
            claimed.work_off()

        job.refresh_from_db()
        assert (job.status, job.attempts, seen()) == ("failed", MAX_BUGS, [])
        assert "a mistake" in job.last_error

    def test_what_waits_too_often_fails(self):
        job = told("later")
        for _attempt in range(MAX_ATTEMPTS):
            Delivery.objects.update(due_at=timezone.now())
            [claimed] = claim()
            claimed.work_off()

        job.refresh_from_db()
        assert job.status == "failed"

    def test_a_job_that_hangs_is_stopped(self, settings, monkeypatch):
        told("hangs")
        [job] = claim()
        monkeypatch.setattr(jobs, "HURRIED", timedelta(seconds=0.2))

        job.work_off()

        job.refresh_from_db()
        assert (job.status, seen()) == ("waiting", [])
        assert "TookTooLong" in job.last_error

    def test_what_went_wrong_goes_on_where_nobody_is_in_a_hurry(self):
        told("bug")
        [job] = claim()

        job.work_off()

        job.refresh_from_db()
        assert job.lane == "bulk"

    def test_a_job_that_always_kills_its_worker_is_given_up(self):
        told("x")
        Delivery.objects.update(attempts=MAX_ATTEMPTS)
        [job] = claim()

        job.work_off()

        job.refresh_from_db()
        assert (job.status, seen()) == ("failed", [])
        assert job.last_error

    def test_a_person_may_have_it_tried_again_from_the_beginning(self):
        told("refused")
        [job] = claim()
        job.work_off()

        job.try_again(at=timezone.now())

        job.refresh_from_db()
        assert (job.status, job.attempts) == ("waiting", 0)
        assert claim() == [job]


class TestClaim:
    def test_nobody_else_gets_it_before_the_lease_is_over(self):
        told("x")

        assert len(claim()) == 1
        assert claim() == []

    def test_a_worker_that_died_has_released_it(self):
        told("x")
        claim()

        later = timezone.now() + lease_of(Lane.NEWS) + timedelta(seconds=1)
        assert len(Delivery.objects.claim(lane=Lane.NEWS, at=later)) == 1

    def test_a_worker_that_slept_past_its_lease_may_no_longer_write(self):
        told("x")
        [sleeper] = claim()
        later = timezone.now() + lease_of(Lane.NEWS) + timedelta(seconds=1)
        [other] = Delivery.objects.claim(lane=Lane.NEWS, at=later)

        sleeper.work_off()
        assert seen() == []

        other.work_off()
        sleeper.work_off()
        assert seen() == ["x"]

    def test_takes_nothing_from_other_lanes(self):
        told("x")

        assert Delivery.objects.claim(lane=Lane.WELCOME, at=timezone.now()) == []

    def test_after_a_long_job_others_get_the_rest_of_the_handful(self, monkeypatch):
        for note in ["hangs", "x", "y"]:
            told(note)
        monkeypatch.setattr(jobs, "HURRIED", timedelta(seconds=0.2))
        monkeypatch.setattr(jobs, "LONG", timedelta(seconds=0.1))

        work_through(Delivery, claim())

        assert seen() == []
        assert [job.event.facts["note"] for job in claim()] == ["x", "y"]

    def test_each_of_a_handful_is_the_first_in_its_turn(self):
        """One that kills its worker must not take the others along for ever."""
        for note in "abc":
            told(note)
        Delivery.objects.update(attempts=4)

        work_through(Delivery, claim())

        assert seen() == ["b", "c", "a"]

    def test_one_poisoned_job_harms_only_itself(self):
        for note in ["x", "bug", "refused", "y"]:
            told(note)

        for job in claim():
            job.work_off()

        assert seen() == ["x", "y"]


@pytest.mark.django_db(transaction=True)
class TestTogether:
    def test_sixteen_workers_do_each_job_once(self):
        for number in range(48):
            told(f"{number:02}")
        barrier = threading.Barrier(16)

        def work() -> None:
            barrier.wait()
            while claimed := claim():
                for job in claimed:
                    job.work_off()
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert sorted(seen()) == [f"{number:02}" for number in range(48)]
        assert set(Delivery.objects.values_list("status", flat=True)) == {"done"}

    def test_a_rolled_back_change_leaves_no_job(self):
        with pytest.raises(RuntimeError), transaction.atomic():
            told("x")
            raise RuntimeError

        assert not Job.__subclasses__()[0].objects.exists()
        assert not Delivery.objects.exists()


def test_what_follows_from_callbacks_does_not_wait_until_they_cease():
    """Of each kind a handful in turn: it waits for one handful, not for three."""
    for number in range(60):
        Callback.objects.create(
            receiver="app",
            event="unheard of",
            message={"number": number},
            lane=Lane.WELCOME,
            told_at=timezone.now(),
        )
    told("客户")
    Delivery.objects.update(lane=Lane.WELCOME)

    jobs.drain(Lane.WELCOME)

    heard = Delivery.objects.get().done_at
    assert Callback.objects.filter(done_at__lt=heard).count() <= HANDFUL[Lane.WELCOME]
    assert Callback.objects.filter(status="ignored").count() == 60


def test_whoever_calls_wecom_is_claimed_alone_also_where_others_are_not():
    for number in range(2):
        ask("externalcontact.get", arguments={"external_userid": f"wm{number}"})
    Command.objects.update(lane=Lane.WELCOME)

    assert len(Command.objects.claim(lane=Lane.WELCOME, at=timezone.now())) == 1

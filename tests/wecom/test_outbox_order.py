"""Commands that meet: twins, workers that slept, workers that died."""

import time
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from apps.common.errors import Refused
from apps.common.lanes import Lane, lease_of
from apps.wecom.models import AskedAnew, Command
from apps.wecom.outbox import settle_abandoned
from tests.wecom import tables
from tests.wecom.wishes import (
    make_due,
    marks,
    now,
    read,
    welcome,
    work,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def answers(settings):
    settings.WECOM_ANSWERS = "tests.wecom.tables.ANSWERS"
    tables.HEARD.clear()


class TestTwins:
    """The same wish, asked again while the first call is under way."""

    def test_do_not_call_at_the_same_time(self, host):
        first = read(once="contact:wm-1")
        Command.objects.update(
            status="calling", due_at=timezone.now() + timedelta(minutes=1)
        )
        second = read(once="contact:wm-1")

        work()

        assert host.asked == []
        assert now(second).status == "waiting"
        Command.objects.filter(pk=first.pk).update(status="done")
        make_due()
        work()
        assert now(second).status == "done"

    def test_are_one_when_the_first_must_wait_again(self, host):
        def answers(asked):
            read(once="contact:wm-1")
            connections.close_all()
            return {"errcode": 45009}

        first = read(once="contact:wm-1")
        host.answers = answers

        work()

        assert now(first).status == "ignored"
        assert Command.objects.get(status="waiting").once == "contact:wm-1"

    def test_are_one_when_a_person_tries_the_failed_one_again(self):
        first = read(once="contact:wm-1")
        Command.objects.update(status="failed")
        read(once="contact:wm-1")

        with pytest.raises(AskedAnew) as refusal:
            now(first).try_again(at=timezone.now())

        assert isinstance(refusal.value, Refused)

    def test_are_never_two_calls_at_once_however_many_workers(self, host, at_once):
        busiest = []

        def slow(asked):
            busiest.append(host.under_way)
            time.sleep(0.1)
            return {}

        host.answers = slow
        for _time in range(3):
            read(once="contact:wm-1")
            at_once(4, work)
            make_due()

        assert set(busiest) == {1}


class TestSleepyWorker:
    def test_may_not_write_what_another_has_settled(self, host):
        def overslept(asked):
            if not host.of("externalcontact/get")[1:]:
                Command.objects.update(due_at=timezone.now())
                settle_abandoned(at=timezone.now())
                connections.close_all()
            return {}

        host.answers = overslept
        command = read(answer="written")
        [claimed] = Command.objects.claim(lane="outgoing", at=timezone.now())

        claimed.work_off()

        assert (now(command).status, marks()) == ("waiting", 0)
        work()
        assert (now(command).status, marks()) == ("done", 1)


class TestSettleAbandoned:
    @pytest.fixture
    def abandoned(self):
        def abandon(command: Command) -> Command:
            Command.objects.filter(pk=command.pk).update(
                status="calling",
                attempts=1,
                due_at=timezone.now() - lease_of(Lane.OUTGOING),
            )
            return command

        return abandon

    def test_repeats_what_is_safe_to_repeat(self, abandoned):
        command = abandoned(read())

        settle_abandoned(at=timezone.now())

        assert now(command).status == "waiting"

    def test_leaves_alone_what_is_not(self, abandoned):
        command = abandoned(welcome())

        settle_abandoned(at=timezone.now())

        assert now(command).status == "unknown"
        assert command.last_error

    def test_leaves_alone_what_may_be_under_way(self):
        command = read()
        Command.objects.update(
            status="calling", due_at=timezone.now() + lease_of(Lane.OUTGOING)
        )

        settle_abandoned(at=timezone.now())

        assert now(command).status == "calling"

    def test_gives_way_to_the_same_wish_asked_anew(self, abandoned):
        command = abandoned(read(once="contact:wm-1"))
        read(once="contact:wm-1")

        settle_abandoned(at=timezone.now())

        assert now(command).status == "ignored"

    def test_gives_up_what_kills_its_worker_every_time(self, abandoned):
        command = abandoned(read())
        Command.objects.update(attempts=19)

        settle_abandoned(at=timezone.now())

        assert now(command).status == "failed"

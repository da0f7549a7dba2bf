"""A worker is killed in the middle of a command: a real process, killed for good."""

import os
import signal
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.jobs import drain
from apps.common.lanes import Lane, lease_of
from apps.wecom.models import Command
from apps.wecom.outbox import ask, settle_abandoned
from tests import make
from tests.wecom import tables

pytestmark = pytest.mark.django_db(transaction=True)

PATHS = {
    "externalcontact.get": "externalcontact/get",
    "externalcontact.send_welcome_msg": "externalcontact/send_welcome_msg",
}
READ = "externalcontact.get", {"external_userid": "wm-1"}
WELCOME = "externalcontact.send_welcome_msg", {"welcome_code": "code"}


@pytest.fixture
def killed_in_the_call(host, other_process):
    """Drain in another process, which dies when WeCom has just done as it asked."""

    def drain_and_die() -> None:
        processes = []

        def effect_then_death(asked):
            while not processes:
                time.sleep(0.01)
            os.kill(processes[0].pid, signal.SIGKILL)
            return {}

        host.answers = effect_then_death
        processes.append(other_process("drain", "outgoing"))
        output, _ = processes[0].communicate(timeout=60)
        assert processes[0].returncode == -signal.SIGKILL, output
        host.answers = lambda asked: {}

    return drain_and_die


@pytest.fixture
def killed_in_the_answer(host, other_process):
    """Drain in another process, whose answer function kills it."""

    def drain_and_die() -> None:
        process = other_process("drain", "outgoing")
        output, _ = process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL, output

    return drain_and_die


@pytest.fixture
def later(settings):
    """The leases are over: what was abandoned is settled, and worked off."""
    settings.WECOM_ANSWERS = "tests.wecom.tables.ANSWERS"
    tables.HEARD.clear()

    def later() -> None:
        over = timezone.now() - timedelta(seconds=1)
        Command.objects.filter(due_at__lte=over + 2 * lease_of(Lane.OUTGOING)).update(
            due_at=over
        )
        settle_abandoned(at=timezone.now())
        drain("outgoing")

    return later


def test_between_call_and_outcome_what_is_safe_is_repeated(
    host, killed_in_the_call, later
):
    command = ask(READ[0], arguments=READ[1], answer="noted")
    killed_in_the_call()
    command.refresh_from_db()
    assert command.status == "calling"

    later()

    command.refresh_from_db()
    assert command.status == "done"
    assert len(tables.HEARD) == 1
    assert len(host.of(PATHS[READ[0]])) == 2


def test_between_call_and_outcome_what_is_not_is_never_repeated(
    host, killed_in_the_call, later
):
    command = ask(WELCOME[0], arguments=WELCOME[1], answer="noted")
    killed_in_the_call()

    for _time in range(3):
        later()

    command.refresh_from_db()
    assert command.status == "unknown"
    assert tables.HEARD == []
    assert len(host.of(PATHS[WELCOME[0]])) == 1


def test_in_the_answer_function_what_wecom_said_is_not_lost(
    host, killed_in_the_answer, later
):
    """WeCom has answered, and that is written down: only the answer is heard again."""
    host.answers = lambda asked: {"msgid": "m-1"}
    command = ask(WELCOME[0], arguments=WELCOME[1], answer="noted")
    killed_in_the_answer()

    later()

    command.refresh_from_db()
    assert command.status == "done"
    assert [heard["result"]["msgid"] for heard in tables.HEARD] == ["m-1"]
    assert len(host.of(PATHS[WELCOME[0]])) == 1


class TestACallThatThisVersionDoesNotKnow:
    """Asked by a newer one, while the machines are renewed one after the other."""

    NEWER = "externalcontact.call_of_tomorrow"

    def test_waits_for_a_worker_that_does(self):
        command = make.command(self.NEWER)

        drain(Lane.OUTGOING)

        command.refresh_from_db()
        assert (command.status, command.called_at) == ("waiting", None)
        assert command.due_at > timezone.now()

    def test_holds_up_no_other_that_is_to_be_settled(self):
        past = timezone.now() - timedelta(hours=1)
        unknown = make.command(self.NEWER, status="calling", due_at=past)
        name, arguments = READ
        other = make.command(name, arguments=arguments, status="calling", due_at=past)

        settle_abandoned(at=timezone.now())

        unknown.refresh_from_db()
        other.refresh_from_db()
        assert (unknown.status, other.status) == ("unknown", "waiting")

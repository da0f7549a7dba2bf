"""A process dies while it hands over: nothing is lost, and nobody is offered twice."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from apps.assignment.handover import begin, look
from apps.assignment.models import Offer
from apps.wecom.models import Command
from apps.wecom.outbox import settle_abandoned
from tests.assignment.handing import House, states
from tests.processes import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)

DRAIN = (
    "import django; django.setup();"
    "from apps.common.jobs import drain; drain('outgoing')"
)
MOVES = "externalcontact.resigned_transfer_customer"


@pytest.fixture
def house(corp, sandbox, wecom, work_off):
    return House(corp, wecom, work_off)


def die_at(place: str, tmp_path) -> None:
    """A worker of ours drains the lane, and is killed at this place for good."""
    faults = tmp_path / "faults"
    faults.write_text(f"{place} kill 1\n")
    process = subprocess.run(
        [sys.executable, "-c", DRAIN],
        cwd=ROOT,
        env=environment()
        | {
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "SCRM_FAULTS": str(faults),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == -signal.SIGKILL, process.stderr[-2000:]


def minutes_pass() -> None:
    """The lease of the dead is over, and whatever was on its way has arrived."""
    ago = timedelta(minutes=5)
    Offer.objects.update(asked_at=F("asked_at") - ago)
    Command.objects.filter(status="calling").update(
        due_at=timezone.now() - ago, called_at=timezone.now() - ago
    )
    settle_abandoned(at=timezone.now())


@pytest.mark.parametrize(
    "place", ["out.after_intent_commit", "out.after_api_before_commit"]
)
def test_killed_in_the_call_each_contact_is_offered_once(house, tmp_path, place):
    house.people("sun", "ann")
    ids = house.contacts("sun", 5)
    house.pull()
    house.does("employee_resign", userid="sun")
    at = timezone.now()
    wish = house.wish("sun", "ann")
    made = begin(wish, mark=look(wish, by=None, at=at).mark, by=None, at=at)
    die_at(place, tmp_path)
    assert states(made) == {"asked": 5}
    sent = len(house.transfers())
    assert sent == (5 if place == "out.after_api_before_commit" else 0)

    minutes_pass()
    for _minute in range(3):
        house.a_minute_passes()

    assert states(made) == {"offered": 5}
    assert sorted(each["external_userid"] for each in house.transfers()) == ids
    calls = Command.objects.filter(call=MOVES)
    assert calls.count() == (1 if sent else 2)
    assert not Command.objects.filter(status__in=["unknown", "failed"]).exists()
    house.a_day_passes()
    assert states(made) == {"done": 5}
    assert {each["status"] for each in house.transfers()} == {1}

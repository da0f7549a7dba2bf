"""Killed while WeCom is told whom a code holds: all of it was done, or nothing."""

import signal
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.channels.models import Channel, ChannelDay, Entry, Turn
from apps.wecom.models import Command
from tests import make
from tests.channels.doors import a_channel
from tests.conftest import day
from tests.contacts.test_unmerge import ROOT, environment

pytestmark = pytest.mark.django_db(transaction=True)
HAND_OVER = """
from django.utils import timezone
from apps.channels.by_the_clock import look_at_those_due
look_at_those_due(at=timezone.now())
"""
LET_IN = """
from django.utils import timezone
from apps.channels.enter import enter
from apps.contacts.models import Follow
follow = Follow.objects.latest("pk")
enter(follow_id=follow.pk, state=follow.state, source="callback", at=timezone.now())
"""


def in_a_process(script: str, faults: str, tmp_path) -> int:
    file = tmp_path / "faults"
    file.write_text(faults)
    return subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", script],
        cwd=ROOT,
        env=environment()
        | {"DJANGO_SETTINGS_MODULE": "tests.chaos.settings", "SCRM_FAULTS": str(file)},
        capture_output=True,
        timeout=120,
    ).returncode


def asked_for() -> int:
    changes = Command.objects.filter(call="externalcontact.update_contact_way")
    return changes.filter(status="waiting").count()


def state() -> tuple:
    channel = Channel.objects.get()
    asked = asked_for()
    counts = (Entry.objects.count(), Turn.objects.count(), ChannelDay.objects.count())
    return channel.wanted, channel.next_at, channel.turns, asked, counts


def two_colleagues() -> Channel:
    people = [
        make.employee("林静", wecom_id="ann"),
        make.employee("周明", wecom_id="ben"),
    ]
    return a_channel(*people, at=day(1))


def test_at_a_boundary_it_is_handed_over_by_whoever_looks_next(tmp_path):
    channel = two_colleagues()
    ann = channel.named[0]
    paused = {**channel.plan, "people": [dict(row) for row in channel.plan["people"]]}
    next(r for r in paused["people"] if r["employee"] == ann)["is_off"] = True
    due = timezone.now() - timedelta(minutes=1)
    Channel.objects.update(plan=paused, next_at=due)
    before = state()

    assert in_a_process(HAND_OVER, "code.mid kill 1\n", tmp_path) == -signal.SIGKILL
    assert state() == before

    assert in_a_process(HAND_OVER, "\n", tmp_path) == 0
    channel.refresh_from_db()
    assert channel.wanted["user"] == ["ben"]
    assert asked_for() == 1


def test_who_came_is_counted_once_and_the_next_is_told(tmp_path):
    channel = two_colleagues()
    ann = channel.named[0]
    follow = make.follow(started_at=day(2), state=channel.state)
    follow.employee_id = ann
    follow.save()
    before = state()

    assert in_a_process(LET_IN, "code.mid kill 1\n", tmp_path) == -signal.SIGKILL
    assert state() == before

    for _time in range(2):  # the news comes again, and once more
        assert in_a_process(LET_IN, "\n", tmp_path) == 0
    _wanted, _next_at, turns, asked, counts = state()
    assert (turns, asked, counts) == (1, 1, (1, 1, 1))

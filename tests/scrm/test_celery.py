"""The timetable, and a bell that nobody hears."""

import os
import signal
import subprocess
import sys

import pytest
from django.conf import settings

from scrm.celery import app
from scrm.embedded.valkey import Valkey
from tests.check import COMPLETE, ROOT

RING = """
import time
import django
import scrm.celery
django.setup()
from apps.common.jobs import ring
for _ in range(2):
    began = time.monotonic()
    ring("callback")
    print(time.monotonic() - began, flush=True)
"""


def test_every_task_of_the_timetable_is_known_to_the_worker():
    app.loader.import_default_modules()

    assert set(settings.TIMETABLE) <= set(app.tasks)


def test_nothing_is_left_to_a_clock_of_celery():
    assert not app.conf.beat_schedule


@pytest.mark.parametrize("state", ["heard", "hung", "dead"])
def test_a_bell_that_nobody_hears_holds_up_no_answer(place, state):
    """WeCom waits five seconds for its `success`; a broker that hangs takes one."""
    valkey = Valkey(place / "valkey")
    url = valkey.start()
    if state == "hung":
        os.kill(valkey.process.pid, signal.SIGSTOP)
    if state == "dead":
        valkey.stop()
    role = {"SCRM_ROLE": "web", "DJANGO_SETTINGS_MODULE": "scrm.settings"}

    rung = subprocess.run(
        [sys.executable, "-c", RING],
        cwd=ROOT,
        env={**COMPLETE, **role, "PATH": os.defpath, "BROKER_URL": url},
        capture_output=True,
        text=True,
        timeout=60,
    )

    if state == "hung":
        os.kill(valkey.process.pid, signal.SIGCONT)
    valkey.stop()
    assert rung.returncode == 0, rung.stderr
    assert all(float(took) < 2.5 for took in rung.stdout.split())

"""Half an hour of lost callbacks leaves no trace: a sweep and a pull make it good.

WeCom refuses, blocks and keeps silent meanwhile, and whoever reads is killed in the
middle of a page three times.
"""

import contextlib
import os
import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from apps.sandbox.records import CannotDo
from apps.sync.gone import ReadAgain, believe_removals
from apps.sync.models import Pull
from tests import make, processes
from tests.sync import mirror
from tests.sync.written import marks

pytestmark = pytest.mark.django_db(transaction=True)

CHANGES, KINDS = 1_000, 20
SPELL = 30 * 60  # seconds
ACTS = {
    "add": 20,
    "employee_drops": 8,
    "customer_leaves": 6,
    "edit_remark": 20,
    "edit_phones": 10,
    "put_tags": 20,
    "half_add": 2,
    "confirm": 2,
    "transfer": 3,
    "transfer_complete": 3,
    "tag_create": 2,
    "tag_rename": 2,
    "tag_delete": 1,
    "group_create": 1,
    "group_join": 6,
    "group_leave": 4,
    "group_rename": 2,
    "group_notice": 2,
    "group_owner": 1,
    "group_dismiss": 1,
    "employee_create": 1,
    "employee_update": 2,
    "employee_resign": 0.4,
    "department_create": 0.5,
    "department_update": 0.5,
}
RESTLESS = [
    {"api": "*", "do": -1, "probability": 0.02},
    {"api": "externalcontact/*", "do": 42001, "probability": 0.02},
    {"api": "externalcontact/*", "do": 45033, "probability": 0.02},
    # Once: WeCom then blocks the call for a minute, and so do we.
    {"api": "externalcontact/batch/get_by_user", "do": 45009, "times": 1},
    {"api": "externalcontact/*", "do": "timeout", "probability": 0.01, "seconds": 0.2},
]


def black_out(corp, chance: random.Random) -> Counter[str]:
    """So many changes of all kinds, spread over the spell, of which nobody is told."""
    done: Counter[str] = Counter()
    now = corp.now()
    while done.total() < CHANGES:
        what = chance.choices(list(ACTS), list(ACTS.values()))[0]
        at = now - 120 - SPELL + done.total() * SPELL // CHANGES
        try:
            corp.do(what, at=at)
        except CannotDo:
            continue
        done[what] += 1
    return done


def killed_in_the_middle(faults: Path, *command: str) -> None:
    """Kill whoever reads, as it keeps a page, before it has noted the place."""
    faults.write_text("recon.mid_page kill 0.3")
    killed = run(faults, *command)
    assert killed.returncode == -9, killed.stderr[-4000:]


def run(faults: Path, *command: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "manage.py", *command],
        cwd=processes.ROOT,
        env={
            **processes.environment(),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "SCRM_FAULTS": os.fspath(faults),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_is_made_good_by_a_sweep_and_a_pull(corp, sandbox, tmp_path):
    seed = random.SystemRandom().randrange(10_000)
    print(f"seed {seed}")
    chance = random.Random(seed)
    before = corp.now() - SPELL - 300  # what has just begun is not said to be over
    corp.populate(seed=seed, employees=12, contacts=500, groups=20, at=before)
    assert processes.last_line("pull", "--json")["status"] == "done"
    done = black_out(corp, chance)
    assert len(done) >= KINDS, done
    assert mirror.ours() != mirror.theirs(corp)
    sandbox.faults.replace(RESTLESS)
    faults = tmp_path / "faults"

    killed_in_the_middle(faults, "pull", "--scope", "sweep")
    faults.write_text("")
    swept = run(faults, "pull", "--scope", "sweep")
    assert swept.returncode == 0, swept.stderr[-4000:]
    assert Pull.objects.filter(scope="sweep").count() == 1  # the same, gone on with
    for _kill in range(2):
        killed_in_the_middle(faults, "pull", "--scope", "whole")
    faults.write_text("")
    assert run(faults, "pull").returncode == 0

    sandbox.faults.replace([])
    believe_what_was_held_back()
    ours, theirs = mirror.ours(), mirror.theirs(corp)
    for kind in theirs:
        assert ours[kind] == theirs[kind], kind
    before = marks()
    again = processes.last_line("pull", "--json")
    assert marks() == before
    assert not Pull.objects.get(pk=again["pull"]).differences.exists()


def believe_what_was_held_back() -> None:
    """What was too much at once to believe, a person has looked at."""
    for pull in Pull.objects.filter(status="done").exclude(held_back=[]):
        with contextlib.suppress(ReadAgain):  # a later pull says what holds
            believe_removals(pull=pull, by=make.user(), at=pull.created_at)

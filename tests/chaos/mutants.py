"""Deliberate breaks, one at least for each invariant, that must turn its test red.

A mutant is a copy of the checkout with one place changed. If the place is not there any
more, the mutant says so: it has to be found again, or the invariant is unguarded.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.directed import (
    no_thanks_without_a_row,
    one_fetches_the_token,
    poison_harms_only_itself,
)
from tests.chaos.greeted import a_friend_is_greeted_once
from tests.chaos.house import ROOT
from tests.chaos.stories import chaos

COPIED = ("apps", "scrm", "tests", "templates", "static", "locale", "deploy")
FILES = ("manage.py", "pyproject.toml")

# Tests of pytest's, or a story that answers what is wrong.
FoundBy = tuple[str, ...] | Callable[[Path], list[str]]


def storm(root: Path) -> list[str]:
    """A short one; whatever is wrong at its end."""
    return chaos(seed=1, seconds=20, root=root).wrong


def database_away(root: Path) -> list[str]:
    return no_thanks_without_a_row(seed=1, root=root)


def poison(root: Path) -> list[str]:
    return poison_harms_only_itself(seed=1, root=root)


def token(root: Path) -> list[str]:
    return one_fetches_the_token(seed=1, root=root)


def greeted(root: Path) -> list[str]:
    return a_friend_is_greeted_once(seed=1, root=root)


def found_out(root: Path, by: FoundBy) -> list[str]:
    """What is said to be wrong with the checkout; empty if nothing is."""
    if callable(by):
        return by(root)
    tests = [sys.executable, "-m", "pytest", "-q", "-x", "--tb=no", *by]
    done = subprocess.run(tests, cwd=root, capture_output=True, text=True)
    assert done.returncode in (0, 1), done.stdout[-2000:]
    lines = done.stdout.splitlines()
    return [line for line in lines if line.startswith(("FAILED", "ERROR"))]


@dataclass(frozen=True)
class Mutant:
    """One place of one file, before and after. `invariants` are those it breaks."""

    name: str
    invariants: tuple[str, ...]
    file: str
    before: str
    after: str
    found_by: FoundBy

    def text_of_its_file(self) -> str:
        return (ROOT / self.file).read_text()

    @contextmanager
    def checkout(self, folder: Path) -> Iterator[Path]:
        """A broken copy of the product; gone afterwards."""
        root = folder / self.name.replace(" ", "-")
        root.mkdir(mode=0o755)
        for name in COPIED:
            shutil.copytree(
                ROOT / name,
                root / name,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        for name in FILES:
            shutil.copy(ROOT / name, root)
        place = root / self.file
        text = place.read_text()
        if text.count(self.before) != 1:
            raise LookupError(f"{self.name}: its place in {self.file} is gone")
        place.write_text(text.replace(self.before, self.after))
        try:
            yield root
        finally:
            shutil.rmtree(root)


MUTANTS = (
    Mutant(
        "thanks before it is kept",
        ("I1", "I2"),
        "apps/wecom/views.py",
        "            raise NotKept from None\n",
        '            return plain("success")\n',
        database_away,
    ),
    Mutant(
        "the digest forgets",
        ("I1",),
        "apps/wecom/inbox.py",
        "    told = json.dumps([receiver, message]",
        "    told = json.dumps([receiver, message, str(id(message))]",
        storm,
    ),
    Mutant(
        "done before it is worked",
        ("I1",),
        "apps/common/handful.py",
        """            outcomes = work(jobs, enough=enough)
            finish(outcomes)
            reached("w.after_apply_before_commit")
""",
        """            finish(dict.fromkeys(jobs, "done"))
        reached("w.after_apply_before_commit")
        with transaction.atomic(), deadline(limit):
            outcomes = work(jobs, enough=enough)
""",
        ("tests/common/test_handful.py",),
    ),
    Mutant(
        "they are counted, and only then is it their turn",
        ("I14",),
        "apps/assignment/assign.py",
        "    take_turns(TURN)\n    rules = list",
        "    rules = list",
        ("tests/assignment/test_assign.py",),
    ),
    Mutant(
        "what is left is read, and then written",
        ("I8",),
        "apps/campaigns/reward.py",
        """        cursor.execute(TAKE_ONE, [reward.pk])
        row = cursor.fetchone()
""",
        """        cursor.execute(
            'SELECT "left" - 1 FROM campaigns_reward WHERE id = %s AND "left" > 0',
            [reward.pk],
        )
        row = cursor.fetchone()
    if row:
        Reward.objects.filter(pk=reward.pk).update(left=row[0])
""",
        ("tests/campaigns/test_reward.py",),
    ),
    Mutant(
        "a coupon code is looked for, and not held",
        ("I8",),
        "apps/campaigns/reward.py",
        "    code = free.select_for_update(skip_locked=True).first()",
        "    code = free.first()",
        ("tests/campaigns/test_reward.py",),
    ),
    Mutant(
        "a welcome is tried blindly",
        ("I6",),
        "apps/wecom/endpoints/contacts.py",
        "        safe_to_repeat=False,\n        limit=timedelta(seconds=10),",
        "        safe_to_repeat=True,\n        limit=timedelta(seconds=10),",
        greeted,
    ),
    Mutant(
        "a welcome goes out late",
        ("I6",),
        "apps/wecom/outbox.py",
        "    if command.expires_at and command.expires_at <= at:",
        "    if False:",
        ("tests/welcomes/test_greet.py",),
    ),
    Mutant(
        "a sleeper may write",
        ("I1",),
        "apps/common/jobs.py",
        "            if not self.still_mine():  # a worker that slept",
        "            if False:  # a worker that slept",
        ("tests/common/test_jobs.py",),
    ),
    Mutant(
        "the news is believed and not read",
        ("I3", "I5"),
        "apps/sync/heard_contacts.py",
        '"edit_external_contact"): Many(read_contacts, True),',
        '"edit_external_contact"): kept_only,',
        storm,
    ),
    Mutant(
        "the last news wins",
        ("I3",),
        "apps/contacts/retell.py",
        "        after = spells_of(facts_after(row, before))\n",
        "        after = spells_of(facts_after(row, before[-1:]))\n",
        ("tests/contacts/test_spells.py", "tests/contacts/test_follow.py"),
    ),
    Mutant(
        "a poisoned job blocks its handful",
        ("I4",),
        "apps/common/lanes.py",
        "    return HURRIED if lane in URGENT else TIME_LIMIT\n",
        "    return timedelta(minutes=2)\n",
        poison,
    ),
    Mutant(
        "an unknown mistake is swallowed",
        ("I4",),
        "apps/common/jobs.py",
        "            self.stumble(bug)\n\n    def finish",
        "            self.finish(Job.Status.DONE)\n\n    def finish",
        poison,
    ),
    Mutant(
        "everybody fetches a token",
        ("I13",),
        "apps/wecom/token.py",
        "    if not mine.filter(free | ~Q(credential=credential)).update(",
        "    if not mine.update(",
        token,
    ),
    Mutant(
        "an empty list is believed",
        ("I5",),
        "apps/sync/gone.py",
        "    return not seen or gone > max(",
        "    return False and gone > max(",
        ("tests/sync/test_pull.py", "tests/sync/test_sweep.py"),
    ),
    Mutant(
        "a slot is known by the moment of looking",
        ("I12",),
        "apps/common/timetable.py",
        '        "slots": [row.slot_at for row in rows],',
        '        "slots": [at for row in rows],',
        ("tests/common/test_timetable_together.py", "tests/common/test_timetable.py"),
    ),
    Mutant(
        "a restore goes unnoticed",
        ("I15",),
        "apps/wecom/quarantine.py",
        "    return not is_at_home() and move_in(at=at)\n",
        "    return False\n",
        ("tests/flows/test_restore.py",),
    ),
    Mutant(
        "the loser of a merge is deleted",
        ("I10",),
        "apps/contacts/merge.py",
        "filter(pk=loser.pk).update(merged_into=winner, **HIDDEN)\n",
        "filter(pk=loser.pk).delete()\n",
        ("tests/contacts/test_unmerge.py",),
    ),
    Mutant(
        "a merge forgets whom it pushed aside",
        ("I10",),
        "apps/contacts/merge.py",
        "            folded=as_text(fate.folded),\n",
        "            folded=[],\n",
        ("tests/contacts/test_unmerge.py",),
    ),
    Mutant(
        "who came is written in several steps",
        ("I1",),
        "apps/channels/enter.py",
        "@transaction.atomic\ndef enter(",
        "def enter(",
        ("tests/channels/test_killed.py",),
    ),
    Mutant(
        "members are swapped in several steps",
        ("I11",),
        "apps/segments/refresh.py",
        "@transaction.atomic\ndef refresh(",
        "def refresh(",
        ("tests/segments/test_meanwhile.py",),
    ),
    Mutant(
        "whoever was touched is not looked up",
        ("I11",),
        "apps/rules/bitmaps.py",
        "        name: read.members - looked_at[name] | found[name]\n",
        "        name: read.members\n",
        ("tests/rules/test_bitmaps.py",),
    ),
    Mutant(
        "who is handed over is offered blindly twice",
        ("I14",),
        "apps/wecom/endpoints/transfers.py",
        'resigned/transfer_customer", safe_to_repeat=False)',
        'resigned/transfer_customer")',
        ("tests/assignment/test_handover_killed.py",),
    ),
    Mutant(
        "of whom nothing is known, what is denied is not true",
        ("I11",),
        "apps/rules/compile.py",
        "            return everybody - worked_out(part, sets, everybody)\n",
        "            return worked_out(part, sets, everybody) - everybody\n",
        ("tests/rules/test_compile.py",),
    ),
)
# No break at all: what finds the others out must find nothing here.
WHOLE = Mutant("nothing", (), "manage.py", "import os\n", "import os\n", storm)

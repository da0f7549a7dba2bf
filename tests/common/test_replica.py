"""A replica counts while it can, and is never missed when it cannot."""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from django.db import connection

from apps.common.replica import for_reports
from scrm.embedded.part import wait_for
from scrm.embedded.postgres import Postgres
from scrm.household import free_port
from tests import make
from tests.conftest import FORGETFUL, day
from tests.processes import ROOT, environment

# Where is counted before and after a front page, and what that shows; said anew after
# each line that is read. Nobody waits for a minute in a test: a second is much here.
WATCH = """
import json, sys
from datetime import datetime, timedelta
from apps.backoffice import dashboard
from apps.common import replica
from apps.staff.models import User

root = User(is_superuser=True)
replica.FARTHEST_BEHIND = timedelta(seconds=1)
for line in sys.stdin:
    how, at = line.split()
    if how == "look":
        replica.looked_at = -replica.LOOK_EVERY
    before = replica.for_reports()
    days = dashboard.trend(at=datetime.fromisoformat(at), user=root)
    dashboard.noted(at=datetime.fromisoformat(at), user=root)
    dashboard.busiest(at=datetime.fromisoformat(at), user=root)
    added = sum(day["added"] for day in days)
    print(json.dumps([before, replica.for_reports(), added]), flush=True)
"""


class Replica(Postgres):
    """A streaming replica of the test's own server, made from a copy of it."""

    def __init__(self, home: Path, *, of: dict[str, str]) -> None:
        super().__init__(home, settings=FORGETFUL)
        self.primary = of

    def launch(self) -> None:
        self.hand_over(self.home)
        if not self.data.exists():
            source = ["-h", self.primary["HOST"], "-U", self.primary["USER"]]
            fast = ["-R", "-X", "stream", "-c", "fast", "--no-sync"]
            self.run("pg_basebackup", *source, "-D", self.data, *fast)
        self.configure()
        self.spawn(self.programs / "postgres", "-D", self.data, **self.as_account())

    def tell(self, statement: str) -> str:
        return self.run(
            *["psql", "-h", self.sockets, "-U", "postgres", "-Atc", statement],
            "postgres",
        ).strip()


class Watcher:
    """A process of ours that says where it counts."""

    def __init__(self, url: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v0", "-c", WATCH],
            cwd=ROOT,
            env=environment() | {"DATABASE_REPLICA_URL": url, "SCRM_ROLE": "web"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def says(self, how: str = "look") -> list:
        """`look` makes it look at the replica; `ask` lets it go by what it saw."""
        self.process.stdin.write(f"{how} {day(10).isoformat()}\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        return json.loads(line)

    def end(self) -> None:
        self.process.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()
        self.process.wait()


@pytest.fixture
def replica(transactional_db):
    home = Path(tempfile.mkdtemp(prefix="scrm-replica-"))
    home.chmod(0o711)
    server = Replica(home / "r", of=connection.settings_dict)
    server.start()
    yield server
    server.stop()
    shutil.rmtree(home)


@pytest.fixture
def watch():
    watchers = []

    def start(url: str) -> Watcher:
        watchers.append(Watcher(url))
        return watchers[-1]

    yield start
    for watcher in watchers:
        watcher.end()


@pytest.fixture
def follow(transactional_db):
    return make.follow(started_at=day(9))


def url_of(replica: Replica) -> str:
    name = connection.settings_dict["NAME"]
    return replica.url.replace("/scrm?", f"/{name}?")


def test_a_replica_counts_until_it_falls_behind_dies_or_is_promoted(
    replica, watch, follow
):
    watcher = watch(url_of(replica))
    assert watcher.says() == ["replica", "replica", 1]

    # it stands still while the first database goes on
    replica.tell("SELECT pg_wal_replay_pause()")
    make.follow(started_at=day(9))
    assert watcher.says("ask") == ["replica", "replica", 1]
    time.sleep(1.2)
    assert watcher.says() == ["default", "default", 2]
    replica.tell("SELECT pg_wal_replay_resume()")
    assert soon(lambda: watcher.says() == ["replica", "replica", 2])

    # it dies between two looks: the page that finds out is whole
    replica.stop()
    assert watcher.says("ask") == ["replica", "default", 2]
    assert watcher.says() == ["default", "default", 2]

    # it comes back
    replica.start()
    assert soon(lambda: watcher.says() == ["replica", "replica", 2])

    # it is made a database of its own, which nobody keeps up to date
    replica.tell("SELECT pg_promote()")
    assert watcher.says() == ["default", "default", 2]


def soon(condition) -> bool:
    return wait_for(condition, seconds=10)


def test_another_database_is_no_replica(watch, follow):
    assert watch(environment()["DATABASE_URL"]).says() == ["default", "default", 1]


@pytest.mark.parametrize("host", ["127.0.0.1", "no.such.host.invalid"])
def test_a_replica_that_was_never_there_costs_nothing(watch, follow, host):
    url = f"postgresql://scrm@{host}:{free_port()}/scrm"

    assert watch(url).says() == ["default", "default", 1]


def test_a_replica_that_does_not_answer_costs_two_seconds_once(watch, follow):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        watcher = watch(f"postgresql://scrm@127.0.0.1:{deaf.getsockname()[1]}/scrm")
        watcher.says("ask")  # it has started, and looked for the first time

        began = time.monotonic()
        assert watcher.says() == ["default", "default", 1]
        looked = time.monotonic()
        assert watcher.says("ask") == ["default", "default", 1]
        asked = time.monotonic()

    assert looked - began < 3
    assert asked - looked < 1


def test_without_one_there_is_one_database():
    assert for_reports() == "default"

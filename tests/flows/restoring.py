"""A house with a backup: its database is destroyed, and restored by our own scripts."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg

from apps.sandbox.server import Server
from scrm.embedded.part import wait_for
from scrm.embedded.postgres import Postgres
from scrm.embedded.valkey import Valkey
from tests.processes import ROOT, environment

SCRIPTS = ROOT / "deploy" / "backup"


class House:
    """Everything lies in one folder that every account can reach."""

    def __init__(self, place: Path, sandbox: Server) -> None:
        self.place = place
        self.sandbox = sandbox
        self.scripts = shutil.copytree(SCRIPTS, place / "scripts")
        self.backup = place / "backup"
        self.valkey = Valkey(place / "valkey")
        self.processes: list[subprocess.Popen] = []
        self.database = Postgres(place / "first", settings=self.archived())
        for folder in ("base", "wal", "drill"):
            (self.backup / folder).mkdir(parents=True)
        self.hand_over(self.backup)
        for folder in self.backup.iterdir():
            self.hand_over(folder)

    def archived(self) -> dict[str, str]:
        command = f'"{self.scripts}/archive.sh" "%p" "%f" "{self.backup}/wal"'
        return {"archive_mode": "on", "archive_command": command}

    def hand_over(self, folder: Path) -> None:
        if account := self.database.account:
            os.chown(folder, account.pw_uid, account.pw_gid)

    def open(self) -> None:
        """With the tables of the database of the tests, which has been migrated."""
        self.valkey.start()
        self.database.start()
        dump = self.database.programs / "pg_dump"
        theirs = environment()["DATABASE_URL"]
        tables = subprocess.run([dump, "-d", theirs], capture_output=True, check=True)
        psql = self.database.programs / "psql"
        subprocess.run(
            [psql, "-q", "-v", "ON_ERROR_STOP=1", "-d", self.database.url],
            input=tables.stdout,
            stdout=subprocess.DEVNULL,
            check=True,
        )

    def close(self) -> None:
        for process in self.processes:
            process.kill()
            process.communicate()
        self.database.stop()
        self.valkey.stop()

    # -- our own processes

    def environment(self) -> dict[str, str]:
        return environment() | {
            "DATABASE_URL": self.database.url,
            "BROKER_URL": self.valkey.url,
            "DJANGO_SETTINGS_MODULE": "tests.flows.greeting_settings",
        }

    def start(self, *arguments: str, **how: Any) -> subprocess.Popen:
        with (self.place / "log").open("a") as log:
            how = {"stdout": log, "stderr": log, "text": True} | how
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.environment(),
                start_new_session=True,
                **how,
            )
        self.processes.append(process)
        return process

    def run(self, *command: str) -> str:
        """A command of manage.py, to its end; the last line that it prints."""
        process = self.start(
            "manage.py", *command, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        out, error = process.communicate(timeout=120)
        assert process.returncode == 0, f"{out[-1000:]}{error[-3000:]}"
        return (out.strip().splitlines() or [""])[-1]

    def ask(self, statement: str) -> list[tuple]:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    # -- our own scripts

    def script(self, name: str, *arguments: object) -> subprocess.CompletedProcess:
        how = self.database.as_account()
        how["env"] |= {
            "PG_BIN": str(self.database.programs),
            "PGHOST": str(self.database.sockets),
            "PGUSER": "postgres",
        }
        return subprocess.run(
            [self.scripts / name, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            **how,
        )

    def back_up(self) -> None:
        done = self.script("base.sh", self.backup)
        assert done.returncode == 0, done.stderr

    def destroy(self) -> None:
        """The machine burns: every process, the server and its disk."""
        for process in self.processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        self.database.process.kill()
        self.database.stop()
        assert wait_for(self.is_gone, seconds=30)

    def is_gone(self) -> bool:
        """What is left of the server still writes for a moment."""
        shutil.rmtree(self.database.home, ignore_errors=True)
        return not self.database.home.exists()

    def restore(self, moment: str) -> None:
        """On another machine, whose server is started at once."""
        self.database = Postgres(self.place / "second", settings=self.archived())
        self.database.home.mkdir(mode=0o700)
        self.hand_over(self.database.home)
        arguments = [self.backup, self.database.data, *filter(None, [moment])]
        done = self.script("restore.sh", *arguments)
        assert done.returncode == 0, done.stderr
        self.database.start()

    def all_is_archived(self) -> bool:
        """What was written until now is safe in the folder of the backup."""
        [(segment,)] = self.ask("SELECT pg_walfile_name(pg_switch_wal())")
        return wait_for((self.backup / "wal" / segment).exists, seconds=30)

    # -- what happened

    def calls(self, api: str) -> list[str]:
        """The bodies of all calls that the corp has heard, oldest first."""
        return [
            json.dumps(call["body"], sort_keys=True)
            for call in self.sandbox.journal.read(kind="calls")
            if call["api"] == api
        ]


class Traffic:
    """A process of ours that keeps callbacks, asks and sends as it is told."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.added: list[str] = []
        self.process = house.start(
            "-m", "tests.flows.greeting", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def do(self, what: str, about: str = "") -> None:
        self.process.stdin.write(f"{what} {about}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"

    def add_contacts(self, count: int) -> None:
        """Customers add the employee; the news is kept, and nothing more."""
        for _number in range(count):
            done = self.house.sandbox.corp.do("add", userid="lin")
            self.added.append(done["external_userid"])
            for news in done["news"]:
                self.do("keep", json.dumps(news, ensure_ascii=False))

    def make_tags(self, *names: str) -> None:
        for name in names:
            self.do("ask", name)

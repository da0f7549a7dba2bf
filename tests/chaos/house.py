"""The whole product on real processes: parts that can be killed, and started again.

A database and a broker of its own, a sandbox corp, two web servers behind a balancer,
two workers for each group of lanes, and two timetables. `root` is the checkout that
runs; a mutant's is a broken copy of ours.
"""

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from apps.sandbox.credentials import SANDBOX
from scrm.embedded.postgres import SUPERUSER, Postgres
from scrm.embedded.valkey import Valkey
from scrm.household import free_port
from tests.chaos.balancer import Balancer
from tests.chaos.running import Running

ROOT = Path(__file__).absolute().parents[2]
# Debian's faketime, where it is installed.
FAKETIME = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
TABLES: list[str] = []  # what pg_dump says of them, once they are made
FORGETFUL = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}
LANES = {
    "welcome": "welcome",
    "inbox": "callback,news",
    "outbox": "outgoing",
    "bulk": "bulk",
}


class House:
    """Everything under one folder; leaves no process behind."""

    here = "127.0.0.1"  # where the sandbox and the balancer answer
    web_host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *,
        root: Path = ROOT,
        seed: int = 1,
        employees: int = 12,
        contacts: int = 120,
        groups: int = 10,
        workers: dict[str, int] | None = None,
        broker: Any = None,
        clocks: bool = False,
    ) -> None:
        self.folder, self.root, self.seed = folder, root, seed
        folder.chmod(0o755)
        self.faults = folder / "faults"
        self.size = {"employees": employees, "contacts": contacts, "groups": groups}
        self.workers = {"welcome": 1, "inbox": 2, "outbox": 1, "bulk": 1}
        self.workers |= workers or {}
        self.database = Postgres(folder / "pg", settings=FORGETFUL)
        self.broker = broker or Valkey(folder / "vk")
        self.clocks = clocks
        self.environment: dict[str, str] = {}
        self.sandbox: Running | None = None
        self.parts: dict[str, Running] = {}
        self.balancer: Balancer | None = None

    def __enter__(self) -> "House":
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def open(self) -> None:
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("SCRM_")},
            **SANDBOX.environment(),
            "DATABASE_URL": self.database.start(),
            "BROKER_URL": self.broker.start(),
            "DJANGO_SETTINGS_MODULE": "tests.chaos.settings",
            "SECRET_KEY": "a key for the days of chaos",
            "SCRM_DATA_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
            "ALLOWED_HOSTS": f"{self.here},{self.web_host},localhost",
            "SCRM_ENV_FILE": os.devnull,
            "SCRM_FAULTS": str(self.faults),
            "WEB_PROCESSES": "1",
            "WEB_THREADS": "4",
            "WORKER_PROCESSES": "1",
            "LOG_FORMAT": "text",
            "PYTHONPATH": str(self.root),
        }
        self.open_sandbox()
        self.make_tables()

    def make_tables(self) -> None:
        """Ours are made once in a process, and copied after that."""
        whose = ["-h", self.database.sockets, "-U", SUPERUSER, self.database.name]
        copy = self.folder / "tables.sql"
        if TABLES and self.root == ROOT:
            copy.write_text(TABLES[-1])
            self.database.run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-f", copy, *whose)
        else:
            self.manage("migrate", "-v0", "--skip-checks")
        if self.root == ROOT and not TABLES:
            TABLES.append(self.database.run("pg_dump", *whose))
        if not self.environment["BROKER_URL"].startswith("redis"):
            self.manage("createcachetable")

    def open_sandbox(self) -> None:
        port = free_port()
        state = ["--state", str(self.folder / "corp.sqlite3"), "--fresh"]
        sizes = [f"--{name}={n}" for name, n in self.size.items()]
        where = ["--host", self.here, "--port", str(port), f"--seed={self.seed}"]
        self.sandbox = Running(self, "sandbox", "sandbox", *where, *state, *sizes)
        self.sandbox.start()
        self.corp_url = f"http://{self.here}:{port}"
        self.environment["WECOM_API_URL"] = self.corp_url
        wait_until(lambda: self.answers(f"{self.corp_url}/sandbox/health"), seconds=60)

    def open_doors(self, *, webs: int = 2, timetables: int = 2) -> None:
        """Start who serves; callbacks find their way in from now on."""
        ports = [free_port() for _ in range(webs)]
        for number, port in enumerate(ports, 1):
            where = ["--host", self.web_host, "--port", str(port)]
            name = f"web-{number}"
            self.parts[name] = Running(self, name, "web", *where)
        for name, lanes in LANES.items():
            for number in range(1, self.workers[name] + 1):
                unique = f"{name}-{number}"
                worker = ["worker", "--name", unique, "--lanes", lanes]
                self.parts[unique] = Running(self, unique, *worker)
        for number in range(1, timetables + 1):
            self.parts[f"timetable-{number}"] = Running(
                self, f"timetable-{number}", "timetable"
            )
        for part in self.parts.values():
            part.start()
        servers = [(self.web_host, port) for port in ports]
        self.balancer = Balancer(servers, host=self.here).__enter__()
        self.url = f"http://{self.here}:{self.balancer.port}"
        for port in ports:
            address = f"http://{self.web_host}:{port}/readyz"
            wait_until(lambda a=address: self.answers(a), seconds=90)
        self.receive()

    def receive(self) -> None:
        self.corp(
            "receivers",
            app_url=f"{self.url}/wecom/callback/",
            contacts_url=f"{self.url}/wecom/callback/contacts/",
        )

    def close(self) -> None:
        if self.balancer is not None:
            self.balancer.__exit__()
        for part in [*self.parts.values(), *filter(None, [self.sandbox])]:
            part.signal(signal.SIGCONT)
            part.signal(signal.SIGKILL)
            if part.process is not None:
                part.process.wait()
        for embedded in (self.broker, self.database):
            embedded.stop()

    def way_to(self, name: str) -> list[str]:
        """What comes before manage.py, to run a part where it belongs."""
        return [sys.executable]

    def clock_of(self, name: str) -> dict[str, str]:
        """What gives a part a clock that can be set; the seconds stay as long."""
        if not self.clocks:
            return {}
        if not (file := self.folder / f"{name}.clock").exists():
            file.write_text("+0\n")
        return {
            "LD_PRELOAD": str(FAKETIME),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": f"{self.root}:{self.root / 'tests/chaos/clocks'}",
        }

    # -- asking

    def manage(self, *command: str, seconds: float = 300) -> str:
        """A command of ours, to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=seconds,
        )
        if done.returncode:
            raise RuntimeError(f"{command}: {done.stdout[-500:]}{done.stderr[-2000:]}")
        return done.stdout

    def corp(self, path: str, *args: Any, **body: Any) -> Any:
        """Steer the sandbox: POST with a body, GET without."""
        data = json.dumps(args[0] if args else body).encode() if args or body else None
        request = urllib.request.Request(f"{self.corp_url}/sandbox/{path}", data=data)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)

    def answers(self, address: str) -> bool:
        try:
            with urllib.request.urlopen(address, timeout=2):
                return True
        except OSError:
            return False

    def query(self, sql: str, *values: Any) -> list[tuple]:
        """Look into the database, past everything of ours."""
        import psycopg

        url = self.environment["DATABASE_URL"]
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as line:
            return line.execute(sql, values or None).fetchall()

    def leave_evidence(self, folder: Path) -> None:
        """What is needed to find out why: both sides, the sender's log, our logs."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name in ("state", "log"):
            told = json.dumps(self.corp(name), ensure_ascii=False, indent=1)
            (folder / f"sandbox-{name}.json").write_text(told)
        dump = [self.database.programs / "pg_dump", self.environment["DATABASE_URL"]]
        with (folder / "database.sql").open("wb") as file:
            subprocess.run(dump, stdout=file, check=True)
        for log in self.folder.glob("*.log"):
            shutil.copy(log, folder)

    # -- breaking, and mending

    def revive(self) -> None:
        """Whoever is dead is started again, as systemd would."""
        for part in self.parts.values():
            if not part.runs:
                part.start()

    def crash_database(self) -> None:
        """As if the power had gone; it recovers from its log."""
        process = self.database.process
        assert process is not None
        process.send_signal(signal.SIGQUIT)
        process.wait()

    def raise_database(self) -> None:
        self.database.launch()

    def flush_broker(self) -> None:
        """It dies and has forgotten everything."""
        process = self.broker.process
        process.kill()
        process.wait()
        for file in self.broker.home.glob("appendonlydir/*"):
            file.unlink()
        self.broker.launch()


@contextlib.contextmanager
def opened(house: House) -> Iterator[House]:
    """With everything pulled once, and its doors open."""
    with house:
        house.manage("pull")
        house.open_doors()
        yield house


def wait_until(condition: Callable[[], Any], *, seconds: float, every=0.2) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(every)
    return True

"""The product as it runs, for a benchmark: PostgreSQL, Valkey, a sandbox corp, and
processes of ours, all of this machine and all ended with the benchmark."""

import base64
import contextlib
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from apps.sandbox.credentials import SANDBOX
from scrm.embedded.part import dies_with_parent, tail
from scrm.embedded.postgres import Postgres
from scrm.embedded.valkey import Valkey
from scrm.household import answers, free_port

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "512MB"}
PATIENCE = 120.0  # seconds for a server to answer
SIGTERM = 15


class Running:
    """Parts, and the processes that have been started; `environment` names them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Postgres(folder / "pg", settings=SETTINGS)
        self.broker = Valkey(folder / "valkey")
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.ports: dict[str, int] = {}
        self.environment = {
            **os.environ,
            **SANDBOX.environment(),
            "SECRET_KEY": secrets.token_urlsafe(50),
            "SCRM_DATA_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
            "ALLOWED_HOSTS": "localhost",
            "SCRM_ENV_FILE": os.devnull,
            "DJANGO_SETTINGS_MODULE": "scrm.settings",
        }

    def start(self, *, wecom: str) -> None:
        """Parts and tables; WeCom answers at this address."""
        self.environment |= {
            "DATABASE_URL": self.database.start(),
            "BROKER_URL": self.broker.start(),
            "WECOM_API_URL": wecom,
        }
        self.run("manage.py", "migrate", "-v0", "--skip-checks")

    def run(self, *command: str, **more: str) -> str:
        """A process that ends by itself. What it prints."""
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            env=self.environment | more,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} fails: {done.stderr[-2000:]}")
        return done.stdout

    def raise_child(self, name: str, *command: str, **more: str) -> None:
        """A process that runs until it is ended."""
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self.environment | more,
                stdout=log,
                stderr=subprocess.STDOUT,
                preexec_fn=dies_with_parent(SIGTERM),
            )

    def serve(self, name: str, *command: str, **more: str) -> None:
        """A web server, once it answers; `ports` knows where."""
        port = self.ports[name] = free_port()
        self.raise_child(name, *command, "--port", str(port), **more)
        limit = time.monotonic() + PATIENCE
        while not answers("127.0.0.1", port):
            if time.monotonic() > limit or self.processes[name].poll() is not None:
                raise SystemExit(f"{name} does not answer: {tail(self.log(name))}")
            time.sleep(0.1)

    def end(self, *names: str) -> None:
        """By the signal that lets them finish what is begun."""
        for name in names:
            self.processes[name].terminate()
        for name in names:
            process = self.processes.pop(name)
            self.ports.pop(name, None)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def stop(self) -> None:
        self.end(*self.processes)
        self.broker.stop()
        self.database.stop()

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def cpu(self, name: str) -> float:
        """Seconds that a process and its children have used so far."""
        return sum(map(cpu_of, family(self.processes[name].pid)))

    def ask(self, statement: str, *values: Any) -> list[tuple]:
        """A question to the database, in a session of its own."""
        with psycopg.connect(self.database.url, autocommit=True) as session:
            cursor = session.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []


@contextlib.contextmanager
def running(*, wecom: str = "http://127.0.0.1:9") -> Iterator[Running]:
    with tempfile.TemporaryDirectory(prefix="scrm-bench-") as folder:
        os.chmod(folder, 0o755)
        house = Running(Path(folder))
        try:
            house.start(wecom=wecom)
            yield house
        finally:
            house.stop()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        named = [int(child) for child in children.read_text().split()]
    except OSError:
        return []
    return [pid, *(other for child in named for other in family(child))]


def cpu_of(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

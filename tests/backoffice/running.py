"""Web and worker of a test's own, and all that they leave behind."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import redis
import requests
from django.db import connection

from scrm.embedded.postgres import find_programs


@dataclass
class Running:
    """Web and worker of our own, with everything that they have written."""

    web: str
    broker: str
    folder: Path
    secrets: list[str]

    @property
    def logs(self) -> str:
        return "".join(log.read_text() for log in sorted(self.folder.glob("*.log")))

    def lines(self) -> list[dict]:
        made = [line for line in self.logs.splitlines() if line.startswith("{")]
        return [json.loads(line) for line in made]

    def get(self, path: str, **how) -> requests.Response:
        return requests.get(f"{self.web}{path}", timeout=30, **how)


class refused_by_the_database:
    """PostgreSQL refuses her row, and repeats it whole in its message."""

    def __enter__(self):
        self.run("ADD CONSTRAINT of_this_test CHECK (confirmed_at < '2000-01-01')")

    def __exit__(self, *raised):
        self.run("DROP CONSTRAINT of_this_test")

    def run(self, change: str) -> None:
        more = " NOT VALID" if change.startswith("ADD") else ""
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE contacts_follow {change}{more}")


def kept_by(broker: str) -> str:
    """All that the broker holds, as text."""
    socket = broker.removeprefix("redis+socket://")
    with redis.Redis(unix_socket_path=socket, decode_responses=True) as store:
        kept = []
        for key in store.scan_iter():
            kind = store.type(key)
            if kind == "string":
                kept.append(str(store.get(key)))
            elif kind == "list":
                kept += map(str, store.lrange(key, 0, -1))
            elif kind == "hash":
                kept.append(str(store.hgetall(key)))
    return "\n".join(kept)


def dumped() -> str:
    parts = connection.settings_dict
    return subprocess.run(
        [
            *(find_programs() / "pg_dump", "-h", parts["HOST"], "-U", parts["USER"]),
            *("-d", parts["NAME"], "--data-only"),
        ],
        capture_output=True,
        text=True,
        check=True,
        env={"PATH": os.defpath},
    ).stdout

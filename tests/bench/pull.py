"""How much a pull asks of WeCom, and how much of our own time and memory it takes.

A sandbox corp of 200,000 contacts with some 300,000 follows is pulled from nothing,
and once more unchanged, by real processes. WeCom's time is reckoned at 450 ms a page,
whatever this machine's sandbox takes. Least possible calls: one for each hundred
follows, and one for each group chat.
"""

import argparse
import base64
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from scrm.embedded.postgres import Postgres
from tests.bench.report import Gate, keeps, table_of, write

ROOT = Path(__file__).resolve().parents[2]
PAGE = 100
PAGE_SECONDS = 0.45
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "512MB"}


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one pull took: seconds on the wall, seconds of CPU, MiB at its largest."""

    wall: float
    cpu: float
    memory: float
    summary: dict


def measured(environment: dict[str, str]) -> Run:
    began = time.monotonic()
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "pull", "--json"],
            cwd=ROOT,
            env=environment,
            stdout=out,
            stderr=errors,
        )
        _pid, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        lines = out.read().strip().splitlines()
        errors.seek(0)
        if process.returncode:
            raise SystemExit(f"the pull failed: {errors.read()[-2000:]}")
    return Run(
        wall=time.monotonic() - began,
        cpu=usage.ru_utime + usage.ru_stime,
        memory=usage.ru_maxrss / 1024,
        summary=json.loads(lines[-1]),
    )


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench pull", description=__doc__)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--employees", type=int, default=200)
    parser.add_argument("--groups", type=int, default=500)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="scrm-bench-") as folder:
        os.chmod(folder, 0o755)
        return bench(options, Path(folder))


def bench(options: argparse.Namespace, folder: Path) -> int:
    from apps.sandbox.corp import Corp
    from apps.sandbox.credentials import SANDBOX
    from apps.sandbox.server import Server

    database = Postgres(folder / "pg", settings=SETTINGS)
    corp = Corp(str(folder / "corp.sqlite3"))
    corp.populate(
        seed=1,
        employees=options.employees,
        contacts=options.contacts,
        groups=options.groups,
    )
    corp.knobs.turn(short_pages=0.0, calls_per_minute=10**9, calls_per_hour=10**9)
    url = database.start()
    try:
        with Server(corp) as server:
            environment = {
                **os.environ,
                **SANDBOX.environment(),
                "DATABASE_URL": url,
                "BROKER_URL": "memory://",
                "SECRET_KEY": "a key for benchmarks",
                "SCRM_DATA_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
                "ALLOWED_HOSTS": "localhost",
                "SCRM_ENV_FILE": os.devnull,
                "WECOM_API_URL": server.url,
            }
            subprocess.run(
                [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"],
                cwd=ROOT,
                env=environment,
                check=True,
            )
            first, second = measured(environment), measured(environment)
    finally:
        database.stop()
        corp.close()
    return report(first, second)


def report(first: Run, second: Run) -> int:
    counts = first.summary["counts"]
    follows, groups = counts["contacts"]["read"], counts["groups"]["read"]
    least = -(-follows // PAGE) + groups
    calls = first.summary["calls"] / least
    wecom = least * PAGE_SECONDS
    written = sum(
        step[what]
        for step in second.summary["counts"].values()
        if isinstance(step, dict)
        for what in ("new", "different", "gone")
    )
    gates: list[Gate] = [
        ("calls ÷ least possible", calls, "at most", 1.02),
        ("our CPU ÷ WeCom's time, first pull", first.cpu / wecom, "at most", 0.11),
        ("our CPU ÷ WeCom's time, unchanged", second.cpu / wecom, "at most", 0.11),
        (
            "memory at its largest, MiB",
            max(first.memory, second.memory),
            "at most",
            400,
        ),
        ("rows changed by the unchanged pull", written, "at most", 0),
    ]
    text = (
        f"{table_of(gates)}\n\n"
        f"- {follows:,} follows, {groups:,} group chats, {least:,} calls at least.\n"
        f"- First pull {first.wall:.0f} s (CPU {first.cpu:.0f} s), "
        f"unchanged {second.wall:.0f} s (CPU {second.cpu:.0f} s)."
    )
    print(text)
    write("pull", text, settings=SETTINGS)
    return int(not all(map(keeps, gates)))

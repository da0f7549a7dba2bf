"""What it costs to be in step again, and how fast what is read is stored.

A sandbox corp with some 200,000 follows is pulled from nothing, then again unchanged.
Then a thousand changes happen of which nobody tells us; a sweep and a pull follow, and
a check says whether anything still differs. Least possible calls of a pull: one for
each hundred follows, and one for each group chat. What an unchanged pull writes is
counted by PostgreSQL itself. How fast pages are stored is told by storing.py.
"""

import argparse
import base64
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

from scrm.embedded.postgres import Postgres
from tests.bench.report import Gate, keeps, table_of, write

ROOT = Path(__file__).resolve().parents[2]
PAGE = 100
CHANGES = 1_000
SPELL = 30 * 60  # seconds of lost callbacks
SETTINGS = {"fsync": "on", "synchronous_commit": "on", "shared_buffers": "512MB"}
# What WeCom tells us lies in these; a pull's own book-keeping does not count.
MIRRORED = "^(contacts|tags|groups|staff|events)_"
WRITTEN = """
SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint
FROM pg_stat_user_tables WHERE relname ~ %s
"""
ACTS = {
    "add": 20,
    "employee_drops": 8,
    "edit_remark": 20,
    "edit_phones": 10,
    "put_tags": 20,
    "tag_create": 2,
    "tag_rename": 2,
    "group_join": 6,
    "group_leave": 4,
    "group_rename": 2,
    "group_dismiss": 1,
    "employee_create": 1,
    "employee_update": 2,
}


@dataclass(frozen=True, kw_only=True)
class Round:
    """One command: its seconds on the wall, and its last line of JSON."""

    took: float
    told: dict


@dataclass(frozen=True, kw_only=True)
class Measured:
    first: Round
    second: Round
    written: int  # rows, by the second
    swept: Round
    mended: Round
    left: Round
    storing: dict


def run(environment: dict[str, str], *command: str) -> Round:
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed: {done.stderr[-2000:]}")
    lines = done.stdout.strip().splitlines()
    told = json.loads(lines[-1]) if lines else {}
    return Round(took=time.monotonic() - began, told=told)


def manage(environment: dict[str, str], *command: str) -> Round:
    return run(environment, "manage.py", *command)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench reconcile", description=__doc__)
    parser.add_argument("--contacts", type=int, default=133_000)
    parser.add_argument("--employees", type=int, default=200)
    parser.add_argument("--groups", type=int, default=500)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory(prefix="scrm-bench-") as folder:
        os.chmod(folder, 0o755)
        return report(bench(options, Path(folder)))


def bench(options: argparse.Namespace, folder: Path) -> Measured:
    from apps.sandbox.corp import Corp
    from apps.sandbox.credentials import SANDBOX
    from apps.sandbox.server import Server

    corp = Corp(str(folder / "corp.sqlite3"))
    corp.populate(
        seed=1,
        employees=options.employees,
        contacts=options.contacts,
        groups=options.groups,
    )
    corp.knobs.turn(short_pages=0.0, calls_per_minute=10**9, calls_per_hour=10**9)
    database = Postgres(folder / "pg", settings=SETTINGS)
    url = database.start()
    try:
        with Server(corp) as server:
            environment = {
                **os.environ,
                **SANDBOX.environment(),
                "DJANGO_SETTINGS_MODULE": "scrm.settings",
                "DATABASE_URL": url,
                "BROKER_URL": "memory://",
                "SECRET_KEY": "a key for benchmarks",
                "SCRM_DATA_KEYS": base64.urlsafe_b64encode(bytes(32)).decode(),
                "ALLOWED_HOSTS": "localhost",
                "SCRM_ENV_FILE": os.devnull,
                "WECOM_API_URL": server.url,
            }
            manage(environment, "migrate", "-v0", "--skip-checks")
            storing = run(environment, "-m", "tests.bench.storing").told
            manage(environment, "flush", "--no-input", "-v0")
            first = manage(environment, "pull", "--json")
            before = rows_written(url)
            second = manage(environment, "pull", "--json")
            written = rows_written(url) - before
            black_out(corp)
            return Measured(
                first=first,
                second=second,
                written=written,
                swept=manage(environment, "pull", "--scope", "sweep", "--json"),
                mended=manage(environment, "pull", "--json"),
                left=manage(environment, "reconcile", "--check", "--json"),
                storing=storing,
            )
    finally:
        database.stop()
        corp.close()


def rows_written(url: str) -> int:
    """By all who are gone: their figures are in by the time a new session looks."""
    time.sleep(2)
    with psycopg.connect(url) as connection:
        row = connection.execute(WRITTEN, [MIRRORED]).fetchone()
    assert row is not None
    return int(row[0])


def black_out(corp) -> None:
    """Changes of all kinds, spread over half an hour that ends two minutes ago."""
    from apps.sandbox.records import CannotDo

    chance, done = random.Random(1), 0
    began = corp.now() - SPELL - 120
    while done < CHANGES:
        what = chance.choices(list(ACTS), list(ACTS.values()))[0]
        try:
            corp.do(what, at=began + done * SPELL // CHANGES)
        except CannotDo:
            continue
        done += 1


def report(measured: Measured) -> int:
    counts = measured.first.told["counts"]
    follows, groups = counts["contacts"]["read"], counts["groups"]["read"]
    least = -(-follows // PAGE) + groups
    calls = measured.second.told["calls"] / least
    left = sum(measured.left.told["differences"].values())
    storing = measured.storing
    gates: list[Gate] = [
        ("calls ÷ least possible", calls, "at most", 1.02),
        ("rows written by the unchanged pull", measured.written, "at most", 0),
        ("differences left after sweep and pull", left, "at most", 0),
        ("pages stored ÷ bare COPY-and-merge", storing["ratio"], "at least", 0.4),
    ]
    text = (
        f"{table_of(gates)}\n\n"
        f"- {follows:,} follows, {groups:,} group chats, {least:,} calls at least.\n"
        f"- First pull {measured.first.took:.0f} s, "
        f"unchanged {measured.second.took:.0f} s, "
        f"sweep {measured.swept.took:.0f} s "
        f"({measured.swept.told['calls']:,} calls), "
        f"pull after it {measured.mended.took:.0f} s.\n"
        f"- Pages stored: {storing['from']:.2f} to {storing['to']:.2f} of bare; "
        f"{storing['narrow']:.2f} of bare without events and sightings; "
        f"{storing['unchanged']:.0f} unchanged pages a second."
    )
    print(text)
    write("reconcile", text, settings=SETTINGS)
    return int(not all(map(keeps, gates)))

"""What demo and serve have in common: parts, preparations, and who runs for good."""

import os
from pathlib import Path

from scrm.embedded.postgres import Postgres
from scrm.embedded.valkey import Valkey
from scrm.household import Household, answers

# Who works for which lanes: nothing that is urgent waits behind what takes long.
WORKERS = {
    "welcome": "welcome",
    "inbox": "callback,news",
    "outbox": "outgoing",
    "bulk": "bulk",
}


def bring_what_is_missing(household: Household) -> None:
    """A database and a broker of our own, where the environment names none."""
    environment = household.environment
    if not environment.get("DATABASE_URL"):
        database = Postgres(household.folder / "postgres")
        environment["DATABASE_URL"] = household.take_in(database)
    if not environment.get("BROKER_URL"):
        environment["BROKER_URL"] = household.take_in(
            Valkey(household.folder / "valkey")
        )


def prepare(household: Household) -> None:
    """Tables and static files as this version wants them."""
    household.wait_for(
        household.send("migrate", "--no-input"),
        household.send("collectstatic", "--no-input", "-v0"),
    )
    if not household.environment["BROKER_URL"].startswith("redis"):
        household.wait_for(household.send("createcachetable"))


def open_the_doors(household: Household, *, host: str, port: int) -> None:
    """Web, workers and timetable; returns when the web answers."""
    household.raise_child("web", "web", "--host", host, "--port", str(port))
    for name, lanes in WORKERS.items():
        worker = ["worker", "--name", name, "--lanes", lanes]
        household.raise_child(f"worker-{name}", *worker)
    household.raise_child("timetable", "timetable")
    household.watch(until=lambda: answers(host, port))


def write_environment(file: Path, values: dict[str, str]) -> None:
    """As a file that SCRM_ENV_FILE may name; it holds secrets and is ours alone."""
    half = file.with_suffix(".half")
    half.unlink(missing_ok=True)
    number = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(number, "w") as lines:
        lines.writelines(f"{name}='{value}'\n" for name, value in values.items())
    half.replace(file)

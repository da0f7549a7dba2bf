"""A million contacts: how long somebody waits for attribution, return and funnels.

    ./run bench attribution [--contacts 1000000]

Reckoned at once, over HTTP, in a company that also has leads, tasks and entries
(work_rows.py) and whose orders are paid: thirty days are waited for; a quarter and a
year are what the night keeps, and are measured as they are reckoned and as they are
read from there.
"""

import argparse
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from tests.bench.contact_pages import NOT_WAITED_FOR
from tests.bench.contacts import signed_in, table_of_pages, took
from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

ATTRIBUTION = "/admin/reports/reckoning/"
PAID = """
UPDATE orders_order SET paid_at = placed_at WHERE status <> 'placed';
VACUUM ANALYZE orders_order; ANALYZE channels_entry;
"""
COUNTED = """
SELECT (SELECT count(*) FROM orders_order WHERE paid_at IS NOT NULL),
    (SELECT count(*) FROM channels_entry), (SELECT count(*) FROM contacts_follow)
"""
KEEP = "from apps.reports.tasks import keep_long_attributions as k; k()"
NIGHT = 20  # turns at most
MOST_MS = 3_000  # of thirty days, reckoned at once
KEPT_MS = 500  # of a year that is kept


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench attribution")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        for module in ("tests.bench.company", "tests.bench.work_filled"):
            house.run("-m", module, str(options.contacts))
        for statement in PAID.strip().split(";")[:-1]:
            house.run("manage.py", "shell", "-v0", "-c", executed(statement))
        keys = signed_in(house)
        [(orders, entries, follows)] = house.ask(COUNTED)
        found = {
            group: {name: took(house, keys, path) for name, path in asked.items()}
            for group, asked in pages().items()
        }
        night = kept(house)
        found["a year, kept"] = {
            name: took(house, keys, path)
            for name, path in asked_for(365, last=1).items()
        }
    gates: list[Gate] = [
        gate(found, "thirty days", MOST_MS),
        gate(found, "a year, kept", KEPT_MS),
    ]
    lines = [
        table_of(gates),
        "",
        f"- {options.contacts:,} contacts, {orders:,} paid orders, {entries:,} entries "
        f"by 50 codes, {follows:,} connections. The night took {night:,.0f} s for all "
        "that it keeps.",
        "",
        *table_of_pages(found),
    ]
    print("\n".join(lines))
    if options.contacts == 1_000_000:
        write("attribution", "\n".join(lines), settings=SETTINGS)
    return 0 if all(map(keeps, gates)) else 1


def gate(found: dict, group: str, most: int) -> Gate:
    name, slowest = max(found[group].items(), key=lambda each: each[1].median)
    return (f"{group}: {name}, ms", slowest.median, "at most", most)


def executed(statement: str) -> str:
    return (
        "from django.db import connection as c; "
        f"c.cursor().execute({statement.strip()!r})"
    )


def kept(house: Running) -> float:
    began = time.monotonic()
    for _turn in range(NIGHT):
        house.run("manage.py", "shell", "-v0", "-c", KEEP)
    return time.monotonic() - began


def asked_for(days: int, *, last: int = 0) -> dict[str, str]:
    """By channel and by employee, of so many days until today or before."""
    until = datetime.now(UTC).date() - timedelta(days=last)
    span = f"from={until - timedelta(days=days - 1)}&to={until}"
    return {
        f"{goal} by {by}": f"{ATTRIBUTION}?by={by}&goal={goal}&{span}"
        for by in ("channel", "employee")
        for goal in ("first", "order")
    }


def pages() -> dict[str, dict[str, str]]:
    today = datetime.now(UTC).date()
    month = f"from={today - timedelta(days=29)}&to={today}"
    behind = f"{ATTRIBUTION}behind/?by=channel&goal=order&{month}"
    return {
        "thirty days": {
            **asked_for(30),
            "the orders behind a number": f"{behind}&key=1",
            "the tenth page of them": f"{behind}&key=1&p=10",
            "without any touch": f"{behind}&key=none",
            "return by channel": f"/admin/reports/cost/?by=channel&{month}",
            "the funnel by channel": f"{ATTRIBUTION}funnel/?by=channel&{month}",
            "the team": f"/admin/errands/errand/team/?{month}",
        },
        NOT_WAITED_FOR: asked_for(90),
    }

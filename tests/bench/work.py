"""A million contacts: how long somebody waits for the work with them.

    ./run bench work [--contacts 1000000]

The board and its columns, the list of leads, my work today, a pool, the codes with
their reports: asked for over HTTP as in `./run bench contacts`, in a company that also
has leads, tasks and entries (work_rows.py).
"""

import argparse
import time
from collections.abc import Sequence

from tests.bench.contacts import Took, gates_for, signed_in, table_of_pages, took
from tests.bench.report import keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

BOARD = "/admin/followups/lead/board/"
LEADS = "/admin/followups/lead/"
CHANNELS = "/admin/channels/channel/"
POOLS = "/admin/assignment/pool/"
COUNTED = """
SELECT (SELECT count(*) FROM followups_lead),
    (SELECT count(*) FROM followups_lead WHERE closed_at IS NULL),
    (SELECT count(*) FROM followups_task),
    (SELECT count(*) FROM channels_entry),
    (SELECT count(*) FROM channels_entry WHERE channel_id = 1)
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench work")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        began = time.monotonic()
        for module in ("tests.bench.company", "tests.bench.work_filled"):
            house.run("-m", module, str(options.contacts))
        filled = time.monotonic() - began
        keys = signed_in(house)
        [counted] = house.ask(COUNTED)
        found = measured(house, keys)
    gates = gates_for(found)
    leads, open_leads, tasks, entries, of_one = counted
    lines = [
        table_of(gates),
        "",
        f"- {options.contacts:,} contacts of 400 employees, {leads:,} leads of which "
        f"{open_leads:,} are open, {tasks:,} tasks, {entries:,} entries by 50 codes, "
        f"{of_one:,} of them by one; written in {filled:,.0f} s.",
        "",
        *table_of_pages(found),
    ]
    print("\n".join(lines))
    if options.contacts == 1_000_000:
        write("work", "\n".join(lines), settings=SETTINGS)
    return 0 if all(map(keeps, gates)) else 1


def measured(house: Running, keys: dict[str, str]) -> dict[str, dict[str, Took]]:
    return {
        group: {name: took(house, keys, path) for name, path in found.items()}
        for group, found in pages(house).items()
    }


def pages(house: Running) -> dict[str, dict[str, str]]:
    rows = house.ask("SELECT id, ends FROM followups_stage ORDER BY place")
    first, later = (pk for pk, ends in rows if not ends), rows[2][0]
    stage, won = next(first), next(pk for pk, ends in rows if ends == "won")
    [(pool,)] = house.ask("SELECT id FROM assignment_pool WHERE is_general")
    [(behind,)] = house.ask(
        "SELECT stage_since::text || ' ' || id FROM followups_lead WHERE stage_id = %s"
        " ORDER BY stage_since DESC OFFSET 40 LIMIT 1",
        stage,
    )
    behind = behind.replace(" ", "T", 1).replace("+", "%2B").replace(" ", "%20")
    return {
        "board": {
            "mine": BOARD,
            "of everybody in reach": f"{BOARD}?whose=all",
            "of a colleague": f"{BOARD}?whose=7",
            "a column, mine": f"{BOARD}{stage}/?whose=mine",
            "a column, all": f"{BOARD}{stage}/?whose=all",
            "a column, further down": f"{BOARD}{later}/?whose=all&behind={behind}",
            "what was won, all": f"{BOARD}{won}/?whose=all",
            "what was won, mine": f"{BOARD}{won}/?whose=mine",
        },
        "my work today": {"front page": "/admin/"},
        "leads": {
            "the first page": LEADS,
            "the tenth page": f"{LEADS}?p=10",
            "a stage": f"{LEADS}?stage={stage}",
            "open": f"{LEADS}?ends=open",
            "lost": f"{LEADS}?ends=lost",
            "of one owner": f"{LEADS}?owner=7",
            "of nobody": f"{LEADS}?owner=none",
        },
        "channels": {
            "the list": CHANNELS,
            "the page of one with most entries": f"{CHANNELS}1/change/",
            "the page of another": f"{CHANNELS}7/change/",
            "contacts who came by it": "/admin/contacts/contact/?channel=1",
            "contacts who came by none": "/admin/contacts/contact/?channel=none",
        },
        "pool": {
            "all pools": POOLS,
            "who waits in one": f"{POOLS}{pool}/change/",
        },
    }

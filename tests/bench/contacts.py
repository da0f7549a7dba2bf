"""A million contacts: how long the web server takes for a list, a search, a page.

    ./run bench contacts [--contacts 1000000]

The company is written into the tables (company.py); then the pages (contact_pages.py)
are asked for over HTTP, one after the other, by an administrator, by the manager of a
department with all below it, and by an employee who sees only their own. What is gated
is the slowest median of each group. Then 100,000 rows are taken out (taken_out.py).
"""

import argparse
import http.client
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.bench.contact_pages import NOT_WAITED_FOR, VIEWS, pages
from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running
from tests.bench.taken_out import EXPORTED, gates_of, take_out, told

MOST_MS = 300
TIMES = 7
VISITORS = {"admin": 2, "manager": 1, "employee": 7}  # and who of the employees it is
SIGN_IN = """
from importlib import import_module
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group
from django.utils import timezone
from apps.lists.models import SavedView
from apps.staff.models import Reach, User
store = import_module(settings.SESSION_ENGINE).SessionStore
Reach.objects.update_or_create(role="manager", defaults={{"scope": "below"}})
for role, employee in {visitors}:
    user = User.objects.create_user(
        "bench-" + role, is_staff=True, employee_id=employee
    )
    user.groups.add(Group.objects.get(name=role))
    session = store()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    print(session.session_key)
    for name, query in {views}:
        SavedView.objects.create(
            list="contacts.contact", name=name, query=query, by=user,
            made_at=timezone.now(),
        )
"""
SEEN_BY_ALL = """
SELECT max(id) FROM contacts_contact
WHERE served_by @> ARRAY[%s]::bigint[] AND merged_into_id IS NULL
"""


@dataclass(frozen=True)
class Took:
    """Milliseconds of each answer after the first, for those who may see the page."""

    by: dict[str, list[float]]

    @property
    def median(self) -> float:
        """Of the visitor who waits longest."""
        return max(map(statistics.median, self.by.values()))

    @property
    def longest(self) -> float:
        return max(map(max, self.by.values()))

    def __str__(self) -> str:
        cells = [
            f"{statistics.median(self.by[name]):,.0f}" if name in self.by else "–"
            for name in VISITORS
        ]
        return " | ".join([*cells, f"{self.longest:,.0f}"])


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench contacts")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        began = time.monotonic()
        house.run("-m", "tests.bench.company", str(options.contacts))
        filled = time.monotonic() - began
        keys = signed_in(house)
        took = measured(house, keys, contacts=options.contacts)
        taken = take_out(house, keys["admin"], rows=EXPORTED)
    gates = [*gates_for(took), *gates_of(taken)]
    lines = [
        table_of(gates),
        "",
        f"- {options.contacts:,} contacts, and for each 1.5 follows, 5 taggings, 10 "
        "events, 2 orders with a line each, one behaviour and one audit row; written "
        f"in {filled:,.0f} s, indexes included.",
        *told(taken),
        "",
        *table_of_pages(took),
    ]
    print("\n".join(lines))
    write("contacts", "\n".join(lines), settings=SETTINGS)
    return 0 if all(map(keeps, gates)) else 1


def gates_for(took: dict[str, dict[str, Took]]) -> list[Gate]:
    """The slowest page of each group that is waited for."""
    gates: list[Gate] = []
    for group, found in took.items():
        if group != NOT_WAITED_FOR:
            name, slowest = max(found.items(), key=lambda each: each[1].median)
            gates.append((f"{group}: {name}, ms", slowest.median, "at most", MOST_MS))
    return gates


def table_of_pages(took: dict[str, dict[str, Took]]) -> list[str]:
    lines = [
        f"Milliseconds over HTTP, one request at a time, median of {TIMES} after the "
        "first. What is not waited for is fetched after its page is shown, or is no "
        "page of contacts.",
        "",
        "| Page | Administrator | Manager | Employee | Longest |",
        "|---|---|---|---|---|",
    ]
    for group, found in took.items():
        lines += [f"| {group}: {name} | {each} |" for name, each in found.items()]
    return lines


def signed_in(house: Running) -> dict[str, str]:
    """The session of each visitor, on a web server that runs."""
    script = SIGN_IN.format(visitors=list(VISITORS.items()), views=list(VIEWS.items()))
    keys = house.run("manage.py", "shell", "-v0", "-c", script).split()
    house.run("manage.py", "collectstatic", "--noinput", "-v0")
    house.serve("web", "manage.py", "web", SCRM_ROLE="web")
    return dict(zip(VISITORS, keys, strict=True))


def measured(
    house: Running, keys: dict[str, str], *, contacts: int
) -> dict[str, dict[str, Took]]:
    [(mine,)] = house.ask(SEEN_BY_ALL, VISITORS["employee"])
    asked = pages(contacts, mine=mine, now=datetime.now(UTC))
    return {
        group: {name: took(house, keys, path) for name, path in found.items()}
        for group, found in asked.items()
    }


def took(house: Running, keys: dict[str, str], path: str) -> Took:
    by = {name: answers(house, path, key) for name, key in keys.items()}
    return Took({name: figures for name, figures in by.items() if figures})


def answers(house: Running, path: str, key: str) -> list[float]:
    figures = []
    for _each in range(TIMES + 1):
        line = http.client.HTTPConnection("127.0.0.1", house.ports["web"])
        began = time.monotonic()
        line.request("GET", path, headers=headers(key))
        answer = line.getresponse()
        answer.read()
        figures.append((time.monotonic() - began) * 1_000)
        line.close()
        where = answer.headers.get("Location", "")
        if answer.status in (403, 404) or where.endswith(("/admin/", "?e=1")):
            return []  # not for this visitor, or their list is not as long
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {where}")
    return figures[1:]


def headers(key: str) -> dict[str, str]:
    return {"Host": "localhost", "Cookie": f"sessionid={key}; __Host-sessionid={key}"}

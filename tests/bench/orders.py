"""Orders as a shop tells them: how many a second one web server keeps, and how fast
lists of them are when there are two million.

    ./run bench orders [--seconds 30] [--rows 2000000]

Batches of fifty go over HTTP from as many connections as the server has threads; every
second order is told a second time, as paid. The limit is the same rows by bare COPY,
into tables with the same indexes, in the same run.
"""

import argparse
import http.client
import itertools
import json
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

BATCH = 50
SENDERS = 4
LEAST = 300  # orders a second, on two cores
MOST_MS = 300  # for a page
KEY = """
from apps.clients.models import Client
from apps.clients.keys import make_key
from apps.staff.models import User
from django.utils import timezone
by = User.objects.create_user("bench")
one = Client.objects.create(name="bench", system="bench", per_minute=60000)
scopes = ["orders:read", "orders:write"]
print(make_key(client=one, scopes=scopes, expires_at=None, by=by, at=timezone.now())[1])
"""
PEOPLE = """
INSERT INTO contacts_contact (name, kind, gender, avatar, position, corp_name, standing,
    added_at, created_at, spelling, grams)
SELECT '客户' || n, 1, 0, '', '', '', 'known', now(), now(), '', '{}'
FROM generate_series(1, %s) AS n
"""
ORDERS = """
INSERT INTO orders_order (system, number, contact_id, channel, shop, status, amount,
    refunded_amount, placed_at, changed_at, lines_digest, recorded_at)
SELECT 'bench', 'old-' || n, first + (n * 7919::bigint %% people), 'online_shop',
    '店铺' || n %% 20, (ARRAY['placed', 'paid', 'shipped', 'received'])[1 + n %% 4],
    n %% 90000, 0, now() - n * interval '20 seconds', now(), '', now()
FROM generate_series(1, %s) AS n,
    (SELECT min(id) AS first, count(*) AS people FROM contacts_contact) AS known
"""
COPIED = "system, number, contact_id, channel, shop, status, amount, refunded_amount, "
COPIED += "placed_at, changed_at, lines_digest, recorded_at"

number = itertools.count(1)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench orders")
    parser.add_argument("--seconds", type=int, default=30)
    parser.add_argument("--rows", type=int, default=2_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        house.serve("web", "manage.py", "web", SCRM_ROLE="web")
        shown = house.run("manage.py", "shell", "-v0", "-c", KEY).strip()
        rate = told_in(house, shown, options.seconds)
        bare = copied_in(house)
        fill(house, options.rows)
        full = told_in(house, shown, options.seconds)
        pages = {
            name: median_of(asker(house, shown, path))
            for name, path in (
                ("the first page", "?limit=100"),
                ("a status", "?status=paid&limit=100"),
                ("a shop", "?shop=%E5%BA%97%E9%93%BA3&limit=100"),
                ("one number", "?number=old-1234567"),
                ("days long ago", "?placed_before=2026-01-01T00:00:00Z&limit=100"),
            )
        }
    gates: list[Gate] = [
        ("orders a second, empty tables", rate, "at least", LEAST),
        (f"orders a second beside {options.rows:,}", full, "at least", LEAST),
        *((f"GET, {n}, ms", ms, "at most", MOST_MS) for n, ms in pages.items()),
    ]
    lines = [
        table_of(gates),
        "",
        f"The same orders by bare COPY: {bare:,.0f}/s, so {full / bare:.3f} of it.",
    ]
    print("\n".join(lines))
    write("orders", "\n".join(lines), settings=SETTINGS)
    return 0 if all(map(keeps, gates)) else 1


def order(one: int, *, paid: bool) -> dict[str, Any]:
    told: dict[str, Any] = {
        "number": f"n-{one}",
        "contact": {"id": f"c-{one % 20_000}", "phone": f"138{one % 20_000:08}"},
        "channel": "online_shop",
        "shop": f"店铺{one % 20}",
        "amount": 12_800,
        "placed_at": "2026-03-08T14:08:00+08:00",
        "lines": [
            {
                "product_number": f"sku-{(one + n) % 500}",
                "name": f"商品 {(one + n) % 500}",
                "quantity": 1,
                "amount": 6_400,
            }
            for n in range(2)
        ],
    }
    if paid:
        told["paid_at"] = "2026-03-08T14:09:00+08:00"
    return told


def told_in(house: Running, shown: str, seconds: int) -> float:
    """Orders a second that are kept, told by several at once."""
    until = time.monotonic() + seconds
    kept: list[int] = []

    def tell() -> None:
        line = http.client.HTTPConnection("127.0.0.1", house.ports["web"])
        while time.monotonic() < until:
            first = next(number) * BATCH
            ones = range(first, first + BATCH)
            for paid in (False, True):
                told = [order(one, paid=paid) for one in ones if paid < 1 or one % 2]
                body = json.dumps({"orders": told})
                line.request(
                    "POST", "/api/v1/orders", body, headers(shown, first, paid)
                )
                answer = line.getresponse()
                text = answer.read()
                if answer.status != 200 or b'"refused"' in text:
                    raise SystemExit(f"{answer.status}: {text[:500]!r}")
                kept.append(len(told))
        line.close()

    began = time.monotonic()
    threads = [threading.Thread(target=tell) for _each in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(kept) / (time.monotonic() - began)


def headers(shown: str, first: int, paid: bool) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {shown}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{first}-{paid}",
        "Host": "localhost",
    }


def copied_in(house: Running) -> float:
    """The orders of before once more, into a table like theirs."""
    with psycopg.connect(house.database.url, autocommit=True) as session:
        session.execute("CREATE TABLE bare (LIKE orders_order INCLUDING ALL)")
        with session.cursor().copy(f"COPY orders_order ({COPIED}) TO STDOUT") as out:
            rows = b"".join(bytes(part) for part in out)
        began = time.monotonic()
        with session.cursor().copy(f"COPY bare ({COPIED}) FROM STDIN") as copy:
            copy.write(rows)
        took = time.monotonic() - began
        session.execute("DROP TABLE bare")
    return rows.count(b"\n") / took


def fill(house: Running, rows: int) -> None:
    house.ask(PEOPLE, rows // 4)
    house.ask(ORDERS, rows)
    house.ask("ANALYZE")


def asker(house: Running, shown: str, path: str) -> Callable[[], None]:
    def ask() -> None:
        line = http.client.HTTPConnection("127.0.0.1", house.ports["web"])
        line.request("GET", f"/api/v1/orders{path}", headers=headers(shown, 0, False))
        answer = line.getresponse()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {answer.read()[:300]!r}")
        answer.read()
        line.close()

    return ask


def median_of(ask: Callable[[], None]) -> float:
    """Milliseconds, of seven after the first."""
    took = []
    for _each in range(8):
        began = time.monotonic()
        ask()
        took.append((time.monotonic() - began) * 1000)
    return statistics.median(took[1:])

"""What the learned model, lifetimes and products that go together cost, at a million
contacts with ten million events and two million orders, or fewer of each.

    ./run bench predict [--contacts 1000000]

A company like that of the segments, with two thousand products and three million lines
of orders. A model is trained, and all chances are reckoned as they are every night.
"""

import argparse
import json
from collections.abc import Sequence

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import Running, running
from tests.bench.segments import OURS, fill

LEAST = 50_000  # contacts, for figures that are kept
LINES = """
SET session_replication_role = replica;
INSERT INTO orders_product (system, number, name, tags, seen_at)
SELECT 'shop', 'p' || n, '商品' || n, ARRAY['类别' || n % 60], now()
FROM generate_series(1, 2000) AS n;
INSERT INTO orders_orderline (order_id, position, product_id, name, quantity, amount)
SELECT row.id, place, 1 + floor(2000 * power(random(), 2))::int, '', 1, row.amount
FROM orders_order AS row, generate_series(0, 1) AS place
WHERE place = 0 OR random() < 0.5;
SET session_replication_role = origin;
VACUUM ANALYZE orders_orderline;
VACUUM ANALYZE orders_product;
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench predict")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        fill(house, options.contacts)
        add_lines(house)
        told = json.loads(
            house.run("-m", "tests.bench.predict_measured", SCRM_ROLE="worker")
        )
    gates: list[Gate] = [
        ("contacts a second, from bins to chances", told["speed"], "at least", 50_000),
        (
            "all chances of a night, features and writing, s",
            told["all"],
            "at most",
            600,
        ),
        ("a model is trained in, s", told["train"], "at most", 120),
        ("products compared, s", told["compare"], "at most", 120),
        ("next best of a contact, p95, ms", told["next"], "at most", 50),
        ("factors of a contact, p95, ms", told["factors"], "at most", 100),
        ("1,000,000 lifetimes scored, s", told["scored"], "at most", 1),
    ]
    if told["cdnow"] is not None:
        gates.append(("BG/NBD fitted to CDNOW, s", told["cdnow"], "at most", 5))
    size = f"{options.contacts:,} contacts."
    lines = [table_of(gates), "", *(f"- {line}" for line in (size, *told["more"]))]
    print("\n".join(lines))
    if options.contacts >= LEAST:
        write("predict", "\n".join(lines), settings=OURS)
    return 0 if all(map(keeps, gates)) else 1


def add_lines(house: Running) -> None:
    with psycopg.connect(house.database.url, autocommit=True) as session:
        for statement in LINES.split(";\n"):
            if statement.strip():
                session.execute(statement.encode())

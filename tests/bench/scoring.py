"""Scores of a million contacts from ten million events, by twelve rules that fade: how
fast they are read, reckoned anew after a change, kept up to date, and explained.

    ./run bench scoring [--contacts 1000000]

The yardsticks, taken in turn with ours: a bare scan of the same table, the best single
statement over the raw events, a plain batched upsert, and Python row by row.
"""

import argparse
import json
from collections.abc import Sequence

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

OURS = {**SETTINGS, "shared_buffers": "2GB", "work_mem": "256MB", "jit": "off"}

# Nothing is checked or written down while the tables are filled: what comes after is.
FILL = """
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
INSERT INTO contacts_contact (name, kind, gender, avatar, position, corp_name, standing,
    added_at, created_at, spelling, grams)
SELECT '客户' || n, 1, n % 3, '', '', '', 'friend', now(), now(), '', '{}'
FROM generate_series(1, %(many)s) AS n;
INSERT INTO events_eventrecord (kind, contact_id, source, facts, at, recorded_at)
SELECT 'BehaviourReported', contact, 'client',
    jsonb_build_object('behaviour_id', n, 'name', 'k' || kind), at, at
FROM (
    SELECT n, 1 + floor(%(many)s * power(random(), 2))::int AS contact,
        1 + floor(20 * power(random(), 1.5))::int AS kind,
        now() - 365 * power(random(), 1.5) * interval '1 day' AS at
    FROM generate_series(1, %(many)s * 10) AS n
) AS told;
CREATE TABLE bench_event AS
SELECT id, contact_id::int AS customer_id, substr(facts->>'name', 2)::smallint AS kind,
    at, 0 AS value FROM events_eventrecord;
CREATE TABLE bench_rule AS
SELECT k::smallint AS kind, (array[5,3,8,1,10,2,4,6,1,3,12,7])[k]::float8 AS points,
    (array[30,14,30,7,60,30,14,30,7,30,90,30])[k]::float8 AS half_life
FROM generate_series(1, 12) AS k;
SET session_replication_role = origin;
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench scoring")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        fill(house, options.contacts)
        told = json.loads(
            house.run("-m", "tests.bench.scoring_measured", SCRM_ROLE="worker")
        )
    gates: list[Gate] = [
        ("all scores ÷ bare scan of their table", told["all"], "at most", 6),
        ("rows written where nothing changed", told["written"], "at most", 0),
        ("fold of the ledger ÷ best SQL on raw events", told["fold"], "at most", 1.5),
        ("Python row by row ÷ fold", told["python"], "at least", 30),
        ("incremental ÷ plain batched upsert", told["live"], "at least", 0.5),
        ("why, p95 of busy contacts, ms", told["why"], "at most", 50),
    ]
    if "fit" in told:
        gates.append(("BG/NBD fit on CDNOW, s", told["fit"], "at most", 5))
    gates.append(("1,000,000 customers by BG/NBD, s", told["alive"], "at most", 1))
    lines = [table_of(gates), "", *(f"- {line}" for line in told["more"])]
    print("\n".join(lines))
    if options.contacts == 1_000_000:
        write("scoring", "\n".join(lines), settings=OURS)
    return 0 if all(map(keeps, gates)) else 1


def fill(house: Running, many: int) -> None:
    for name, value in OURS.items():
        house.ask(f"ALTER SYSTEM SET {name} = '{value}'")
    house.database.stop()
    house.database.start()
    with psycopg.connect(house.database.url, autocommit=True) as session:
        for statement in FILL.split(";\n"):
            if statement.strip():
                session.execute(statement.replace("%(many)s", str(many)).encode())
        session.execute("VACUUM ANALYZE")

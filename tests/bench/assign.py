"""A thousand leads from five sources at once to twenty employees with caps; and a run
over a million contacts that takes back whom nobody follows up.

    ./run bench assign [--contacts 1000000]

The five are processes: WeCom's callbacks, a reconcile and another system hand over one
lead at a time, a table two hundred and a list of contacts all of its at once. All that
must hold afterwards is asked of the database: one owner or a pool for each, no cap
passed at any moment, shares that are even, histories without gap or overlap.
"""

import argparse
import json
from collections.abc import Sequence

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

OURS = {**SETTINGS, "shared_buffers": "1GB", "work_mem": "64MB", "jit": "off"}

FILL = """
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
INSERT INTO staff_employee (wecom_id, name, alias, position, status, serves, sort_key,
    spelling, grams)
SELECT 'e' || n, '员工' || n, '', '', 1, true, '', '', '{}'
FROM generate_series(1, 1000) AS n;
INSERT INTO contacts_contact (name, kind, gender, avatar, position, corp_name, standing,
    owner_id, served_by, added_at, created_at, spelling, grams)
SELECT '客户' || n, 1, n % 3, '', '', '', 'friend', 1 + n % 1000, ARRAY[1 + n % 1000],
    now() - (10 + random() * 1095) * interval '1 day', now(), '', '{}'
FROM generate_series(1, %(many)s) AS n;
INSERT INTO assignment_assignment (contact_id, employee_id, since, how, why)
SELECT id, owner_id, added_at, 'hand', '' FROM contacts_contact WHERE id % 3 = 0;
INSERT INTO followups_note (contact_id, text, written_at)
SELECT 1 + floor(%(many)s * random())::int, '…', now() - random() * interval '29 days'
FROM generate_series(1, %(many)s * 3);
INSERT INTO orders_order (system, number, contact_id, channel, shop, status, amount,
    refunded_amount, placed_at, paid_at, changed_at, lines_digest, recorded_at)
SELECT 'shop', n, 1 + floor(%(many)s * power(random(), 1.5))::int, 'online_shop', '',
    'paid', 100, 0, now() - random() * interval '700 days', now(), now(), '', now()
FROM generate_series(1, %(many)s) AS n;
SET session_replication_role = origin;
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench assign")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        fill(house, options.contacts)
        told = json.loads(
            house.run("-m", "tests.bench.assign_measured", SCRM_ROLE="worker")
        )
    gates: list[Gate] = [
        ("1,000 leads from five sources, s", told["leads"], "at most", 10),
        ("leads without one owner or a pool", told["homeless"], "at most", 0),
        ("moments at which a cap was passed", told["over"], "at most", 0),
        ("furthest share from its due", told["off"], "at most", 1),
        ("gaps or overlaps in histories", told["gaps"], "at most", 0),
        ("the run that tells, s", told["tell"], "at most", 60),
        ("the run that takes back, s", told["take"], "at most", 60),
    ]
    lines = [table_of(gates), "", *(f"- {line}" for line in told["more"])]
    print("\n".join(lines))
    if options.contacts == 1_000_000:
        write("assign", "\n".join(lines), settings=OURS)
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

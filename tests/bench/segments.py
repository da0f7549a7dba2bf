"""Six rules over a million contacts, with five million taggings, ten million events and
two million orders: how fast a rule is counted, asked of one, and kept up to date.

    ./run bench segments [--contacts 1000000]

The yardstick is count(*) over the contacts, taken in turn with each rule. "Cold" is a
rule whose windows of orders and events nobody has asked for yet; "warm" one that a
colleague has just counted.
"""

import argparse
import json
from collections.abc import Sequence

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running
from tests.bench.segments_asked import asked

OURS = {**SETTINGS, "shared_buffers": "2GB", "work_mem": "128MB", "jit": "off"}

# Nothing is checked or written down while the tables are filled: what comes after is.
FILL = """
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
INSERT INTO staff_employee (wecom_id, name, alias, position, status, serves, sort_key,
    spelling, grams)
SELECT 'e' || n, '员工' || n, '', '', 1, true, '', '', '{}'
FROM generate_series(1, 1000) AS n;
INSERT INTO tags_taggroup (wecom_id, name, kind, "order")
VALUES ('g', '分组', 'corp', 0);
INSERT INTO tags_tag (wecom_id, name, "order", group_id)
SELECT 't' || n, '标签' || n, 0, 1 FROM generate_series(1, 500) AS n;
INSERT INTO contacts_contact (name, kind, gender, avatar, position, corp_name, standing,
    added_at, created_at, spelling, grams)
SELECT '客户' || n, 1, n % 3, '', '', '', 'friend',
    now() - random() * 1095 * interval '1 day', now(), '', '{}'
FROM generate_series(1, %(many)s) AS n;
INSERT INTO contacts_identity (contact_id, kind, system, value, sealed, digest,
    tail_digest, source, verified, first_seen_at, last_seen_at)
SELECT n, 'external', '', 'wm' || n, '', '', '', 'first_pull', false, now(), now()
FROM generate_series(1, %(many)s) AS n;
INSERT INTO contacts_follow (identity_id, employee_id, started_at, start_known,
    ended_at, end_known, ended_by, state, added_by, remark, description,
    remark_corp_name, phones_sealed, phones_digest)
SELECT DISTINCT ON (c, e) c, e, now() - random() * 1095 * interval '1 day', true,
    CASE WHEN random() < 0.08 THEN now() END, true, '', 'c' || k, '', '', '', '', '', ''
FROM (
    SELECT CASE WHEN n <= %(many)s THEN n ELSE 1 + floor(%(many)s * random())::int END
        AS c, 1 + floor(1000 * power(random(), 1.3))::int AS e,
        1 + floor(200 * power(random(), 2))::int AS k
    FROM generate_series(1, %(many)s * 3 / 2) AS n
) AS told;
INSERT INTO tags_tagging (contact_id, tag_id, source, at)
SELECT DISTINCT 1 + floor(%(many)s * random())::int,
    1 + floor(500 * power(random(), 2))::int, 'person', now()
FROM generate_series(1, %(many)s * 5);
INSERT INTO behaviour_behaviour (system, number, contact_id, kind, title, facts, at,
    recorded_at)
SELECT 'shop', n, 1 + floor(%(many)s * power(random(), 2))::int,
    'k' || 1 + floor(20 * power(random(), 1.5))::int, '', '{}',
    now() - 365 * power(random(), 1.5) * interval '1 day', now()
FROM generate_series(1, %(many)s * 10) AS n;
INSERT INTO followups_note (contact_id, text, written_at)
SELECT identity_id, '…', started_at + random() * (now() - started_at)
FROM contacts_follow WHERE ended_at IS NULL;
INSERT INTO orders_order (system, number, contact_id, channel, shop, status, amount,
    refunded_amount, placed_at, paid_at, changed_at, lines_digest, recorded_at)
SELECT 'shop', n, 1 + floor(%(many)s * power(random(), 1.5))::int, 'online_shop', '',
    CASE WHEN random() < 0.9 THEN 'paid' ELSE 'refunded' END,
    (500 + exp(9.2 + 0.9 * sqrt(-2 * ln(1 - random())) * cos(6.283185 * random())))
        ::bigint, 0, at, at, at, '', now()
FROM (
    SELECT n, now() - 730 * power(random(), 1.2) * interval '1 day' AS at
    FROM generate_series(1, %(many)s * 2) AS n
) AS told;
SET session_replication_role = origin;
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench segments")
    parser.add_argument("--contacts", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        fill(house, options.contacts)
        told = json.loads(
            house.run("-m", "tests.bench.segments_measured", SCRM_ROLE="worker")
        )
        median, most = asked(house)
    gates: list[Gate] = []
    for name, found in told["rules"].items():
        gates.append((f"{name} cold ÷ count(*)", found["cold"], "at most", 0.8))
        gates.append((f"{name} warm ÷ count(*)", found["warm"], "at most", 0.1))
    gates += [
        ("a preview over HTTP, p95, ms", most, "at most", 150),
        ("one contact in the nested rule, ms", told["one"], "at most", 5),
        ("refresh of 100 segments, s", told["refresh"], "at most", 30),
        ("RFM ÷ its base aggregate", told["rfm"], "at most", 2.5),
        ("taggings, with triggers ÷ without", told["tagging"], "at least", 0.8),
    ]
    over_http = f"Over HTTP each preview took {median:.0f} ms at the median."
    lines = [table_of(gates), "", *(f"- {line}" for line in (*told["more"], over_http))]
    print("\n".join(lines))
    if options.contacts == 1_000_000:
        write("segments", "\n".join(lines), settings=OURS)
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

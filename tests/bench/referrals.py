"""A million participants, twelve deep: written under one hot inviter, folded, asked.

    ./run bench referrals [--participants 1000000]

The yardsticks, taken in turn with ours: the same rows without what counts them, and a
look-up by primary key. Counters are compared with a recount of the whole tree.
"""

import argparse
import json
from collections.abc import Sequence

import psycopg

from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

OURS = {**SETTINGS, "shared_buffers": "2GB", "work_mem": "256MB", "jit": "off"}
DEPTH = 12
ROOTS = 50  # one of so many came by nobody

# Nothing is checked while the tables are filled: what comes after is.
BEGIN = """
SET session_replication_role = replica;
SET maintenance_work_mem = '512MB';
INSERT INTO contacts_contact (name, kind, gender, avatar, position, corp_name, standing,
    added_at, created_at, spelling, grams)
SELECT '客户' || n, 1, n % 3, '', '', '', 'friend', now(), now(), '', '{}'
FROM generate_series(1, %(many)s * 3 / 2) AS n;
INSERT INTO campaigns_campaign (kind, name, slug, status, starts_at, ends_at,
    ends_without_stock, new_friends_only, helps, mutual_help, credited, window_hours,
    settle_hours, deduction, keep_days, rules, texts, terms, made_at, changed_at,
    launched_at, closed_by{more_columns})
SELECT 'referral', '老带新', 'bench', 'launched', now() - interval '9 days',
    now() + interval '90 days', true, true, 'campaign', false, 'first', 24, 0,
    'before_award', 7, '', '{}', '{}', now(), now(), now() - interval '9 days',
    ''{more_values};
CREATE SEQUENCE bench_helper START WITH %(next)s
"""
LEVEL = """
INSERT INTO referrals_invite (id, campaign_id, contact_id, ref, parent_id, path,
    config_id, qr_code, qr_text, issued_at)
SELECT told.id, campaign.id, told.id, 'r' || told.id, told.parent,
    (SELECT path FROM referrals_invite WHERE id = told.parent) || told.id,
    '', '', '', now()
FROM campaigns_campaign AS campaign, (
    SELECT id, CASE WHEN %(low)s > 0
        THEN %(low)s + floor(power(random(), 2) * (%(high)s - %(low)s))::bigint END
        AS parent
    FROM generate_series(%(first)s, %(last)s) AS id
) AS told;
"""
REST = """
SELECT setval(pg_get_serial_sequence('referrals_invite', 'id'), %(many)s + 1);
INSERT INTO referrals_referral (campaign_id, invite_id, contact_id, refused, at)
SELECT campaign_id, parent_id, contact_id, '', now() FROM referrals_invite
WHERE parent_id IS NOT NULL;
INSERT INTO referrals_credit (referral_id, invite_id, kind, number, points, at)
SELECT id, invite_id, 'helped', 1, 1, at FROM referrals_referral;
INSERT INTO referrals_delta (invite_id, points)
SELECT invite_id, 1 FROM referrals_referral;
SET session_replication_role = origin
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench referrals")
    parser.add_argument("--participants", type=int, default=1_000_000)
    options = parser.parse_args(arguments)
    with running() as house:
        fill(house, options.participants)
        told = json.loads(
            house.run("-m", "tests.bench.referrals_measured", SCRM_ROLE="worker")
        )
    gates: list[Gate] = [
        ("under one hot inviter, 16 connections ÷ plain", told["hot"], "at least", 0.9),
        ("counters that differ from a recount", told["wrong"], "at most", 0),
        ("deltas folded, per s", told["folded"], "at least", 2_400),
        ("leaderboard ÷ look-up by key", told["board"], "at most", 5),
        ("whole tree of one ÷ look-up by key", told["tree"], "at most", 5),
        ("own rank, ms", told["rank"], "at most", 20),
        ("chain above, ms", told["chain"], "at most", 5),
        ("callbacks attributed and counted, per s", told["heard"], "at least", 150),
    ]
    lines = [
        table_of(gates),
        "",
        f"- With the connection and the entry of each written as well: "
        f"{told['whole']:.0f} a second.",
    ]
    print("\n".join(lines))
    if options.participants == 1_000_000:
        write("referrals", "\n".join(lines), settings=OURS)
    return 0 if all(map(keeps, gates)) else 1


def fill(house: Running, many: int) -> None:
    for name, value in OURS.items():
        house.ask(f"ALTER SYSTEM SET {name} = '{value}'")
    house.database.stop()
    house.database.start()
    with psycopg.connect(house.database.url, autocommit=True) as session:
        columns, values = what_else(session)
        begin = BEGIN.replace("{more_columns}", columns)
        say(session, begin.replace("{more_values}", values), many=many, next=many + 1)
        for first, last, low, high in levels(many):
            say(session, LEVEL, first=first, last=last, low=low, high=high)
            session.execute("ANALYZE referrals_invite")
        say(session, REST, many=many)
        session.execute("VACUUM ANALYZE")


def what_else(session: psycopg.Connection) -> tuple[str, str]:
    """Columns of a campaign that want a value and have none of their own."""
    rows = session.execute(
        "SELECT column_name, data_type FROM information_schema.columns"
        " WHERE table_name = 'campaigns_campaign' AND is_nullable = 'NO'"
        " AND column_default IS NULL AND is_identity = 'NO'"
    ).fetchall()
    said = BEGIN.partition("campaigns_campaign (")[2].partition(")")[0]
    usual = {"boolean": "false", "character varying": "''", "text": "''"}
    more = [(n, usual.get(kind, "0")) for n, kind in rows if f"{n}" not in said]
    return (
        "".join(f", {name}" for name, _value in more),
        "".join(f", {value}" for _name, value in more),
    )


def levels(many: int) -> list[tuple[int, int, int, int]]:
    """The numbers of each level, and those of the level above it."""
    found, low, high, first = [], 0, 0, 1
    sizes = [many // ROOTS] + [(many - many // ROOTS) // (DEPTH - 1)] * (DEPTH - 1)
    sizes[-1] += many - sum(sizes)
    for size in sizes:
        found.append((first, first + size - 1, low, high))
        low, high, first = first, first + size - 1, first + size
    return found


def say(session: psycopg.Connection, script: str, **told: int) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            for name, value in told.items():
                statement = statement.replace(f"%({name})s", str(value))
            session.execute(statement.encode())

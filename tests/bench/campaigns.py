"""Campaigns under many visitors at once: 500 who want one of 100 prizes within five
seconds, and those who look around.

    ./run bench campaigns [--visitors 500] [--prizes 100] [--contacts 200000]
        [--rate 100] [--seconds 30]

Everybody is signed in and takes part; their requests go over HTTP to one web server at
their instants, so a server that stalls is not spared those that queue. Whoever looks
around asks for everything that a mini-program shows, in turn.
"""

import argparse
import json
from collections.abc import Sequence
from typing import Any

import psycopg

from tests.bench.load import Sent, send
from tests.bench.orders import PEOPLE
from tests.bench.report import Gate, keeps, table_of, write
from tests.bench.running import SETTINGS, Running, running

WITHIN = 5.0  # seconds in which everybody claims
CONNECTIONS = 64
CLAIM_P99, READ_P95, READ_P99 = 1_500, 150, 400  # ms
LEADERS = """
INSERT INTO campaigns_participation (campaign_id, contact_id, joined_at, secret)
SELECT %(campaign)s, id, now(), '' FROM contacts_contact
WHERE id > (SELECT min(id) + %(visitors)s FROM contacts_contact) ORDER BY id
LIMIT %(many)s;
INSERT INTO referrals_invite (campaign_id, contact_id, ref, path, direct, total,
    config_id, qr_code, qr_text, issued_at)
SELECT %(campaign)s, contact_id, 'b' || contact_id, ARRAY[contact_id], contact_id %% 40,
    contact_id %% 90, '', '', '', now() FROM campaigns_participation
WHERE campaign_id = %(campaign)s ORDER BY contact_id DESC LIMIT %(many)s;
INSERT INTO referrals_rung (campaign_id, is_total, value, many)
SELECT %(campaign)s, false, direct, count(*) FROM referrals_invite
WHERE direct > 0 GROUP BY direct
"""
LEFT = """
SELECT initial, reward.left,
    (SELECT count(*) FROM campaigns_grant
     WHERE reward_id = reward.id AND status <> 'voided')
FROM campaigns_reward AS reward WHERE id = %s
"""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench campaigns")
    parser.add_argument("--visitors", type=int, default=500)
    parser.add_argument("--prizes", type=int, default=100)
    parser.add_argument("--contacts", type=int, default=200_000)
    parser.add_argument("--rate", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=30)
    options = parser.parse_args(arguments)
    with running() as house:
        house.ask(PEOPLE, options.contacts)
        told = made(house, options)
        house.serve("web", "manage.py", "web", SCRM_ROLE="web")
        looks = looking(told, many=options.rate * options.seconds)
        warm = looks[: options.rate * 2]
        send(warm, port=house.ports["web"], connections=8, rate=options.rate)
        looked = sent(house, looks, rate=options.rate)
        rate = options.visitors / WITHIN
        claimed = sent(house, claims(told), rate=rate)
        [(initial, left, granted)] = house.ask(LEFT, told["prize"])
    won = claimed.statuses.get("201", 0)
    refused = claimed.statuses.get("409", 0)
    prizes = min(options.prizes, options.visitors)
    gates: list[Gate] = [
        ("prizes won, at least", won, "at least", prizes),
        ("prizes won, at most", won, "at most", prizes),
        ("stock that is neither left nor won", initial - left - granted, "at most", 0),
        ("claims answered otherwise", claimed_otherwise(claimed), "at most", 0),
        ("claim, p99, ms", claimed.percentile(0.99) * 1000, "at most", CLAIM_P99),
        ("reads answered otherwise", otherwise(looked, "200"), "at most", 0),
        ("read, p95, ms", looked.percentile(0.95) * 1000, "at most", READ_P95),
        ("read, p99, ms", looked.percentile(0.99) * 1000, "at most", READ_P99),
    ]
    lines = [
        table_of(gates),
        "",
        f"{options.visitors} claims within {WITHIN:.0f} s: {won} won, {refused} came "
        f"too late; p50 {claimed.percentile(0.5) * 1000:.0f} ms. "
        f"{options.rate} reads a second beside {options.contacts:,} contacts: p50 "
        f"{looked.percentile(0.5) * 1000:.0f} ms.",
    ]
    print("\n".join(lines))
    write("campaigns", "\n".join(lines), settings=SETTINGS)
    return 0 if all(map(keeps, gates)) else 1


def made(house: Running, options: argparse.Namespace) -> dict[str, Any]:
    many = [str(options.visitors), str(options.prizes)]
    out = house.run("-m", "tests.bench.visitors", *many)
    told: dict[str, Any] = json.loads(out.strip().splitlines()[-1])
    values = {
        "campaign": told["campaign"],
        "visitors": options.visitors,
        "many": options.contacts // 10,
    }
    with psycopg.connect(house.database.url, autocommit=True) as session:
        for statement in LEADERS.split(";"):
            session.execute(statement, values)
        session.execute("ANALYZE")
    return told


def claims(told: dict[str, Any]) -> list[bytes]:
    path = f"campaigns/{told['slug']}/prizes/{told['prize']}/claim"
    return [request("POST", path, shown) for shown in told["shown"]]


def looking(told: dict[str, Any], *, many: int) -> list[bytes]:
    """Each visitor in turn, each page in turn."""
    of = f"campaigns/{told['slug']}"
    pages = ["me", "me/membership", "me/points", "me/prizes", "campaigns", of]
    pages += [f"{of}/progress", f"{of}/helpers", f"{of}/leaderboard"]
    shown = told["shown"]
    return [
        request("GET", pages[n % len(pages)], shown[n % len(shown)])
        for n in range(many)
    ]


def request(method: str, path: str, shown: str) -> bytes:
    body = b"{}" if method == "POST" else b""
    head = (
        f"{method} /api/v1/mini/{path} HTTP/1.1\r\nHost: localhost\r\n"
        f"Accept: application/json\r\nAuthorization: Bearer {shown}\r\n"
    )
    if method == "POST":
        head += "Content-Type: application/json\r\nIdempotency-Key: one\r\n"
        head += f"Content-Length: {len(body)}\r\n"
    return f"{head}\r\n".encode() + body


def sent(house: Running, requests: list[bytes], *, rate: float) -> Sent:
    port = house.ports["web"]
    return send(requests, port=port, connections=CONNECTIONS, rate=rate)


def otherwise(sent: Sent, *known: str) -> int:
    return sum(many for status, many in sent.statuses.items() if status not in known)


def claimed_otherwise(claimed: Sent) -> int:
    """409 says that nothing is left; whatever else is a fault of ours."""
    return otherwise(claimed, "201", "409")

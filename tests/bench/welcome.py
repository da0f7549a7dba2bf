"""How soon a new friend is greeted, while the other lanes hold a backlog.

Friends are added at their instants and WeCom tells us of each at once; it answers every
call in 200 ms, some in 800. The time is from the scheduled instant to the moment at
which the welcome reaches WeCom. PostgreSQL, Valkey, sandbox, web server and workers run
as they are served, all on this machine.
"""

import argparse
import http.client
import os
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from apps.sandbox.corp import Corp
from apps.sandbox.seal import seal
from apps.sandbox.server import Server
from scrm.embedded.part import tail
from scrm.serving import WORKERS
from tests.bench import report
from tests.bench.callbacks import say
from tests.bench.news import ADDRESSES, RECEIVERS
from tests.bench.running import SETTINGS, Running, running

SEND = "externalcontact/send_welcome_msg"
RATE = 20  # friends a second
BACKLOG = 20_000  # jobs that wait in the other lanes, filled up again and again
USUAL, TAIL, OFTEN = 200, 0.6, 0.015  # ms; seconds more, and how often
PATIENCE = 180.0  # seconds until all who greet are there
WARM = 60  # welcomes of which none counts
ALIVE = 20.0  # seconds of a welcome code
PARTS = ("web", "worker-welcome", "worker-inbox", "worker-outbox")
WRITE = """
import django; django.setup()
from django.utils import timezone
from apps.welcomes.keep import keep
keep(name="您好", told={"text": "{nickname}{greeting}，我是{employee}"},
     is_default=True, by=None, at=timezone.now())
"""
WAITING = """
SELECT (SELECT count(*) FROM wecom_callback
        WHERE status = 'waiting' AND lane = 'callback')
     + (SELECT count(*) FROM wecom_command
        WHERE status = 'waiting' AND lane <> 'welcome')
"""
CALLBACKS = """
INSERT INTO wecom_callback (receiver, event, change_type, subject, message, told_at,
    received_at, lane, status, due_at, attempts, bugs, last_error, created_at)
SELECT 'app', 'change_external_contact', 'edit_external_contact', 'contact:' || who,
    jsonb_build_object('Event', 'change_external_contact', 'ChangeType',
        'edit_external_contact', 'UserID', 'nobody', 'ExternalUserID', who,
        'CreateTime', extract(epoch FROM now())::bigint::text),
    now(), now(), 'callback', 'waiting', now(), 0, 0, '', now()
FROM (SELECT 'wmBack' || %s || '-' || n AS who FROM generate_series(1, %s) AS n) AS t
"""


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench welcome", description=__doc__)
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--backlog", type=int, default=BACKLOG)
    options = parser.parse_args(argv)
    corp = Corp()
    corp.populate(seed=1, employees=50, contacts=500, groups=5)
    corp.knobs.turn(calls_per_minute=10**9, calls_per_hour=10**9, concurrency=10)
    try:
        with Server(corp) as server, running(wecom=server.url) as house:
            return bench(options, house, corp, server)
    finally:
        corp.close()


def bench(
    options: argparse.Namespace, house: Running, corp: Corp, server: Server
) -> int:
    house.serve("web", "manage.py", "web")
    house.run("manage.py", "pull")
    house.run("-c", WRITE)
    for name, lanes in WORKERS.items():
        command = ["manage.py", "worker", "--name", name, "--lanes", lanes]
        house.raise_child(f"worker-{name}", *command)
    house.raise_child("timetable", "manage.py", "timetable")
    warm_up(house, corp, server)
    corp.knobs.turn(latency_ms=USUAL)
    slow = {"api": "*", "do": "slow", "seconds": TAIL, "probability": OFTEN}
    server.faults.replace([slow])
    over = threading.Event()
    filler = threading.Thread(target=fill_up, args=(house, options.backlog, over))
    filler.start()
    house.ask("SELECT 1")
    time.sleep(5)
    say(f"{options.rate:g} friends a second for {options.seconds} s …")
    many = int(options.rate * options.seconds)
    before, began = {part: house.cpu(part) for part in PARTS}, time.monotonic()
    due = add_friends(house, corp, many=many, rate=options.rate)
    lasted = time.monotonic() - began
    cores = {part: (house.cpu(part) - before[part]) / lasted for part in PARTS}
    held = house.ask(WAITING)[0][0]
    time.sleep(ALIVE + 5)
    over.set()
    filler.join()
    if not sendings(server):
        raise SystemExit(f"nobody is greeted: {tail(house.log('worker-welcome'))}")
    text = told(options, due, server, house, held=held, cores=cores)
    print(text[0])
    report.write("welcome", text[0], settings=SETTINGS)
    return text[1]


def warm_up(house: Running, corp: Corp, server: Server) -> None:
    """Until whoever greets has been loaded: each process has greeted somebody."""
    until = time.monotonic() + PATIENCE
    while len(sendings(server)) < WARM:
        if time.monotonic() > until:
            raise SystemExit(f"nobody is greeted: {tail(house.log('worker-welcome'))}")
        add_friends(house, corp, many=20, rate=20)
        time.sleep(2)


def sendings(server: Server) -> list[dict[str, Any]]:
    calls = server.journal.read(kind="calls")
    return [call for call in calls if call["api"] == SEND]


def greets(employee: dict[str, Any]) -> bool:
    """In whose name we do; WeCom itself does for those of a welcome in its console."""
    return employee["serves"] and not employee["console_welcome"]


def add_friends(
    house: Running, corp: Corp, *, many: int, rate: float
) -> dict[str, float]:
    """Each at its instant, told at once; when each code was due to be given."""
    staff = [row["userid"] for row in corp.dump(["users"])["users"] if greets(row)]
    port, lines = house.ports["web"], threading.local()
    due: dict[str, float] = {}
    told_of: list[Future[None]] = []

    def tell(news: list[dict[str, Any]]) -> None:
        if not hasattr(lines, "line"):
            lines.line = http.client.HTTPConnection("localhost", port, timeout=30)
        for each in news:
            receiver = each["receiver"]
            query, body = seal(each["message"], receiver=RECEIVERS[receiver])
            asked = "&".join(f"{k}={v}" for k, v in query.items())
            address = f"{ADDRESSES[receiver]}?{asked}"
            lines.line.request("POST", address, body, {"Content-Type": "text/xml"})
            lines.line.getresponse().read()

    began = time.time()
    with ThreadPoolExecutor(16) as pool:
        for number in range(many):
            instant = began + number / rate
            if (early := instant - time.time()) > 0:
                time.sleep(early)
            who = staff[number % len(staff)]
            done = corp.do("add", userid=who, type=1, at=int(time.time()))
            due[done["welcome_code"]] = instant
            told_of.append(pool.submit(tell, done["news"]))
    for one in told_of:
        one.result()  # a request that failed says so
    return due


def fill_up(house: Running, many: int, over: threading.Event) -> None:
    """So many jobs wait in the other lanes, as long as it lasts."""
    number = 0
    while not over.is_set():
        [[waiting]] = house.ask(WAITING)
        if waiting < many:
            number += 1
            house.ask(CALLBACKS, number, many - waiting)
        over.wait(3)


def told(
    options: argparse.Namespace,
    due: dict[str, float],
    server: Server,
    house: Running,
    *,
    held: int,
    cores: dict[str, float],
) -> tuple[str, int]:
    took: dict[str, float] = {}
    minutes: dict[int, list[float]] = defaultdict(list)
    called: Counter[str] = Counter()
    good: Counter[str] = Counter()
    first = min(due.values())
    for call in sendings(server):
        code = call["body"].get("welcome_code")
        if code in due:
            at = call["at"] - call["ms"] / 1000  # written when it was answered
            if code not in took:
                took[code] = at - due[code]
                minutes[int(due[code] - first) // 60].append(took[code])
            called[code] += 1
            good[code] += call["errcode"] == 0
    waits = sorted(took.values())

    def waited(share: float) -> float:
        return waits[min(int(len(waits) * share), len(waits) - 1)]

    gates: list[report.Gate] = [
        ("event → welcome call, p50, s", waited(0.5), "at most", 1.0),
        ("p95, s", waited(0.95), "at most", 3.0),
        ("p99, s", waited(0.99), "at most", 5.0),
        ("longest, s", waits[-1], "at most", 15.0),
        ("called after 20 s", sum(w > ALIVE for w in waits), "at most", 0),
        ("sent twice", sum(many > 1 for many in good.values()), "at most", 0),
        ("sent, in a hundred", 100 * len(+good) / len(due), "at least", 99.9),
    ]
    outcomes = house.ask(
        "SELECT outcome, reason, count(*) FROM welcomes_greeting GROUP BY 1, 2 ORDER BY"
        " 3 DESC"
    )
    facts = [
        f"{len(due):,} new friends at {options.rate:g} a second; WeCom answered in "
        f"{USUAL} ms, {OFTEN:.1%} of the calls in {USUAL + TAIL * 1000:.0f} ms. The "
        f"other lanes were filled up to {options.backlog:,} jobs every 3 s, and held "
        f"{held:,} at the end.",
        "The longest of each minute: "
        + ", ".join(f"{max(found):.1f}" for _n, found in sorted(minutes.items()))
        + " s.",
        "Cores that were used: "
        + ", ".join(f"{part} {used:.2f}" for part, used in cores.items())
        + f"; a load of {os.getloadavg()[1]:.1f} at the end.",
        "Our own page says: "
        + ", ".join(f"{o} {r} {n:,}".replace("  ", " ") for o, r, n in outcomes)
        + ".",
    ]
    table = report.table_of(gates) + "\n\n" + "\n".join(f"- {fact}" for fact in facts)
    return table, int(not all(map(report.keeps, gates)))

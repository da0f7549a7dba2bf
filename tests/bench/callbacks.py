"""How many callbacks a second we accept and apply, and how fast jobs are drained.

Everything runs on this machine: PostgreSQL, Valkey, a sandbox corp, the web server as
it is served, workers and timetable as they are served, and who sends the callbacks.
"""

import argparse
import json
import statistics
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.sandbox.corp import Corp
from apps.sandbox.server import Server
from scrm.serving import WORKERS
from tests.bench import load, report
from tests.bench.news import News, edits, requests_of, told_by
from tests.bench.running import SETTINGS, Running, running

CLOSED = 50  # connections, each of which sends as soon as it is answered
OPEN = 200  # connections for those that are sent at their instant
BURST = 300  # a second
STEADY = 60  # a second
UNFINISHED = "('waiting', 'calling', 'unknown')"
PATIENCE = 180.0  # seconds that a backlog is waited for
TOLERANCE = 0.9  # of a ratio, on a machine that others use too


@dataclass(frozen=True, kw_only=True)
class Pair:
    """The same requests, answered by the product and by what only opens them."""

    full: float
    bare: float
    sender: float  # cores that the sender took while the product answered
    web: float  # microseconds of CPU for a callback, of the web server


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="./run bench callbacks", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=3.0, help="of each of a pair")
    parser.add_argument("--burst", type=int, default=10, help="seconds of the burst")
    parser.add_argument("--steady", type=int, default=60, help="seconds of it")
    parser.add_argument("--jobs", type=int, default=2000, help="drained in each pair")
    options = parser.parse_args(argv)
    corp = Corp()
    corp.populate(seed=1, employees=50, contacts=2000, groups=20)
    corp.knobs.turn(calls_per_minute=10**9, calls_per_hour=10**9)
    try:
        with Server(corp) as server, running(wecom=server.url) as house:
            return bench(options, house, corp)
    finally:
        corp.close()


def bench(options: argparse.Namespace, house: Running, corp: Corp) -> int:
    news = told_by(corp)
    gates: list[report.Gate] = []
    facts: list[str] = []
    house.serve("web", "manage.py", "web")
    for name in options.only:
        say(f"{name} …")
        found, told = PARTS[name](options, house, news)
        gates += found
        facts += told
    text = report.table_of(gates) + "\n\n" + "\n".join(f"- {fact}" for fact in facts)
    print(text)
    report.write("callbacks", text, settings=SETTINGS)
    return int(not all(map(report.keeps, gates)))


# --- the ceiling --------------------------------------------------------------------


def ceiling(options: argparse.Namespace, house: Running, news: News):
    """Accepted a second, and the same server that opens the message and forgets it."""
    house.serve("bare", "-m", "tests.bench.bare")
    pairs = []
    most = int(options.seconds * 3000)
    for number in range(options.pairs + 1):
        requests = requests_of(edits(number * most, most), most)
        pairs.append(paired(house, requests, options.seconds))
        house.ask("TRUNCATE wecom_callback, wecom_seen")
    del pairs[0]  # in which everything was loaded
    house.end("bare")
    ratios = sorted(pair.full / pair.bare for pair in pairs)
    full, bare = (sorted(getattr(p, name) for p in pairs) for name in ("full", "bare"))
    return [
        (
            f"accepted ÷ only opened, median of {len(pairs)} pairs",
            statistics.median(ratios),
            "at least",
            0.10 * TOLERANCE,
        )
    ], [
        f"Ceiling, {CLOSED} connections: {statistics.median(full):,.0f} accepted a "
        f"second ({full[0]:,.0f}–{full[-1]:,.0f}); only opened: "
        f"{statistics.median(bare):,.0f} ({bare[0]:,.0f}–{bare[-1]:,.0f}); "
        f"ratios {', '.join(f'{ratio:.3f}' for ratio in ratios)}; aim 0.15.",
        f"A callback took {statistics.median(p.web for p in pairs):,.0f} µs of the web "
        "server's CPU; the sender took "
        f"{statistics.median(p.sender for p in pairs):.2f} cores meanwhile.",
    ]


def paired(house: Running, requests: list[bytes], seconds: float) -> Pair:
    sent: dict[str, load.Sent] = {}
    before = house.cpu("web")
    for name, port in house.ports.items():
        sent[name] = load.send(requests, port=port, connections=CLOSED, seconds=seconds)
    refuse_other_answers(*sent.values())
    [[kept]] = house.ask("SELECT count(*) FROM wecom_callback")
    if kept != sent["web"].accepted:
        raise SystemExit(f"{sent['web'].accepted} are accepted, but {kept} kept")
    return Pair(
        full=sent["web"].accepted / sent["web"].seconds,
        bare=sent["bare"].accepted / sent["bare"].seconds,
        sender=sent["web"].cpu / sent["web"].seconds,
        web=(house.cpu("web") - before) / kept * 1e6,
    )


def refuse_other_answers(*sent: load.Sent) -> None:
    for one in sent:
        if set(one.statuses) != {"200"}:
            raise SystemExit(f"not all are answered 200: {one.statuses}")


# --- jobs ---------------------------------------------------------------------------


def drained(options: argparse.Namespace, house: Running, news: News):
    """Jobs that do nothing, beside the least that taking and marking them costs."""
    told = [str(options.pairs), str(options.jobs)]
    out = house.run("-m", "tests.bench.drained", *told, SCRM_ROLE="worker")
    pairs = [json.loads(line) for line in out.splitlines()]
    ratios = sorted(ours / least for least, ours in pairs)
    least, ours = (statistics.median(column) for column in zip(*pairs, strict=True))
    return [
        (
            f"drained ÷ bare SKIP LOCKED, median of {len(pairs)} pairs",
            statistics.median(ratios),
            "at least",
            0.3 * TOLERANCE,
        )
    ], [
        f"Drained by one process, handfuls of 20: {ours:,.0f} jobs a second; bare "
        f"SKIP LOCKED {least:,.0f}; ratios {', '.join(f'{r:.2f}' for r in ratios)}. "
        "The jobs are deliveries to a subscriber that does nothing."
    ]


# --- the burst ----------------------------------------------------------------------


def burst(options: argparse.Namespace, house: Running, news: News):
    """At their instants, while workers apply; then what was left to them."""
    house.run("manage.py", "pull")
    raise_workers(house)
    house.raise_child("timetable", "manage.py", "timetable")
    port = house.ports["web"]
    hear(house, port, news, 200, rate=50)  # what is loaded the first time
    steady = hear(house, port, news, options.steady * STEADY, rate=STEADY)
    peak = hear(house, port, news, options.burst * BURST, rate=BURST)
    backlog = pile_up(house, port, news, options.burst * BURST)
    lost, twice = steady.lost + peak.lost, steady.twice + peak.twice
    return [
        (f"{BURST}/s for {options.burst} s: p99, s", peak.wait(0.99), "at most", 1.0),
        ("longest wait, s", peak.wait(1.0), "at most", 3.0),
        ("lost", lost, "at most", 0),
        ("kept twice", twice, "at most", 0),
        ("backlog gone after the burst, s", peak.gone_after, "at most", 60),
        ("applied a second, of a backlog", backlog, "at least", 150 * TOLERANCE),
    ], [
        f"At {STEADY}/s for {options.steady} s: {steady.waits()}; accepted → applied "
        f"p95 {steady.applied(0.95):.2f} s, p99 {steady.applied(0.99):.2f} s.",
        f"At {BURST}/s for {options.burst} s: {peak.waits()}; accepted → applied p95 "
        f"{peak.applied(0.95):.1f} s, p99 {peak.applied(0.99):.1f} s; the sender took "
        f"{peak.sent.cpu / peak.sent.seconds:.2f} cores.",
        f"A backlog of {options.burst * BURST:,} was applied by {len(WORKERS)} workers "
        "as serve starts them, with all that follows from it: what is read from the "
        "sandbox, and what other parts are told.",
    ]


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What became of callbacks that were sent at their instants."""

    sent: load.Sent
    lags: list[float]
    lost: int
    twice: int
    gone_after: float

    def wait(self, share: float) -> float:
        return self.sent.percentile(share)

    def waits(self) -> str:
        shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
        told = (f"{name} {self.wait(s) * 1000:,.0f}" for name, s in shares.items())
        return "answered in " + ", ".join(told) + " ms"

    def applied(self, share: float) -> float:
        return self.lags[min(int(len(self.lags) * share), len(self.lags) - 1)]


def raise_workers(house: Running) -> None:
    for name, lanes in WORKERS.items():
        command = ["manage.py", "worker", "--name", name, "--lanes", lanes]
        house.raise_child(f"worker-{name}", *command)


def hear(house: Running, port: int, news: News, many: int, *, rate: float) -> Heard:
    requests = requests_of(news, many)
    began = now_of(house)
    [[kept_before]] = house.ask("SELECT count(*) FROM wecom_callback")
    sent = load.send(requests, port=port, connections=OPEN, rate=rate)
    refuse_other_answers(sent)
    gone_after = wait_until_nothing_is_left(house)
    [[kept]] = house.ask("SELECT count(*) FROM wecom_callback")
    lags = house.ask(
        "SELECT extract(epoch FROM done_at - received_at)::float FROM wecom_callback "
        "WHERE received_at >= %s AND done_at IS NOT NULL ORDER BY 1",
        began,
    )
    return Heard(
        sent=sent,
        lags=[lag for (lag,) in lags],
        lost=max(kept_before + len(requests) - kept, 0),
        twice=max(kept - kept_before - len(requests), 0),
        gone_after=gone_after,
    )


def pile_up(house: Running, port: int, news: News, many: int) -> float:
    """Callbacks applied a second, when workers come back to a backlog."""
    house.end(*(f"worker-{name}" for name in WORKERS))
    [[number]] = house.ask("SELECT max(id) FROM wecom_callback")
    sent = load.send(requests_of(news, many), port=port, connections=8, rate=BURST)
    refuse_other_answers(sent)
    raise_workers(house)
    wait_until_nothing_is_left(house)
    [[rate]] = house.ask(
        "SELECT count(*) / extract(epoch FROM max(done_at) - min(done_at))::float "
        "FROM wecom_callback WHERE id > %s",
        number,
    )
    return float(rate)


def wait_until_nothing_is_left(house: Running) -> float:
    """Seconds until every callback is applied and everybody has heard of it; or, if
    that takes too long, no more than those."""
    began = time.monotonic()
    while any(left(house, table) for table in ("wecom_callback", "events_delivery")):
        if time.monotonic() - began > PATIENCE:
            break
        time.sleep(0.25)
    return time.monotonic() - began


def left(house: Running, table: str) -> int:
    question = f"SELECT count(*) FROM {table} WHERE status IN {UNFINISHED}"
    [[many]] = house.ask(question)
    return int(many)


PARTS = {"ceiling": ceiling, "drained": drained, "burst": burst}


def now_of(house: Running) -> datetime:
    [[now]] = house.ask("SELECT now()")
    return now


def say(line: Any) -> None:
    print(line, flush=True)

"""What `./run bench scoring` measures, in a process with the product's settings."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.scoring import settle  # noqa: E402
from apps.scoring.fold import sums  # noqa: E402
from apps.scoring.keep import draft_all, put_in_force  # noqa: E402
from apps.scoring.lifetime import Buying, Lives, fit_buying  # noqa: E402
from apps.scoring.models import (  # noqa: E402
    Earning,
    Rescore,
    ScoreVersion,
    Standing,
)
from apps.scoring.rescore import Does, ask_for  # noqa: E402
from apps.scoring.said import Said  # noqa: E402
from apps.scoring.scale import Scale, only_scores  # noqa: E402
from apps.scoring.why import why  # noqa: E402
from apps.staff.models import User  # noqa: E402
from tests.bench.scoring_live import live  # noqa: E402

POINTS = (5, 3, 8, 1, 10, 2, 4, 6, 1, 3, 12, 7)
HALF_LIVES = (30, 14, 30, 7, 60, 30, 14, 30, 7, 30, 90, 30)
PAIRS, FEW = 7, 3
BEST = """
SELECT count(*), sum(s) FROM (
    SELECT customer_id, sum(least(s, 100)) AS s FROM (
        SELECT e.customer_id, e.kind, sum(r.points * exp(-0.6931471805599453::float8
            * extract(epoch FROM now() - e.at)::float8 / 86400 / r.half_life)) AS s
        FROM bench_event AS e JOIN bench_rule AS r USING (kind)
        WHERE e.at <= now() GROUP BY 1, 2
    ) AS q GROUP BY 1
) AS scored
"""


def main() -> None:
    told: dict[str, Any] = {"more": []}
    admin = User.objects.create(username="bench", is_superuser=True, is_active=True)
    begun = time.perf_counter()
    reckon([rule(n) for n in range(12)], admin)
    told["more"].append(
        f"The first reckoning of 12 rules wrote {Earning.objects.count():,} lines of "
        f"the ledger and {Standing.objects.count():,} scores in "
        f"{time.perf_counter() - begun:.0f} s."
    )
    vacuum()
    every_score(told)
    nothing_changed(told)
    anew(told, admin)
    live(told, settle_all=settle_all)
    explained(told)
    lifetimes(told)
    print(json.dumps(told))


def rule(n: int, **more: Any) -> Said:
    fields = {"half_life": HALF_LIVES[n], **more}
    return Said(
        name=f"规则 {n + 1}",
        axis="engagement",
        group="互动",
        points=POINTS[n],
        scene="behaviour",
        narrowed={"kinds": f"k{n + 1}"},
        cap=100,
        **fields,
    )


def reckon(rules: list[Said], by: User, **of: Any) -> None:
    now = timezone.now()
    draft_all(rules, by=by, at=now, **of)
    ask_for(Does.RECKON, at=now)
    work_off()
    put_in_force(by=by, at=timezone.now())
    work_off()


def work_off() -> None:
    while job := Rescore.objects.unfinished().order_by("pk").first():
        job.work_off()


def settle_all() -> None:
    ask_for(Does.SETTLE, at=timezone.now())
    work_off()
    vacuum()


def vacuum() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE scoring_standing")
        cursor.execute("VACUUM ANALYZE scoring_earning")


def timed(do: Callable[[], Any]) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def ask(statement: str, held: Any = None) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement, held)
        return cursor.fetchall()


def in_turn(
    one: Callable[[], Any], other: Callable[[], Any], *, pairs: int = PAIRS
) -> tuple[float, float, float]:
    """Medians of both, and of the ratio."""
    one(), other()
    found = [(timed(one), timed(other)) for _pair in range(pairs)]
    ratio = statistics.median(a / b for a, b in found)
    medians = [statistics.median(side) for side in zip(*found, strict=True)]
    return medians[0], medians[1], ratio


def every_score(told: dict[str, Any]) -> None:
    scale = Scale.now(at=timezone.now())
    scores = (
        f"SELECT count(*), sum(fit + engagement) FROM ({only_scores(scale)}) AS row"
    )
    ours, bare, told["all"] = in_turn(
        lambda: ask(scores), lambda: ask("SELECT count(*) FROM scoring_standing")
    )
    told["more"].append(
        f"All scores in {ours * 1000:.0f} ms; the bare scan took {bare * 1000:.0f} ms."
    )


def nothing_changed(told: dict[str, Any]) -> None:
    """Everybody is settled once more, at the same moment."""
    at = timezone.now()
    numbers = list(Standing.objects.values_list("contact_id", flat=True))
    written, seconds = [], 0.0
    for _round in range(2):
        many, begun = 0, time.perf_counter()
        for n in range(0, len(numbers), 20_000):
            with transaction.atomic():
                lump = numbers[n : n + 20_000]
                settle.hold(lump)
                many += settle.settle(lump, at=at, silent=True)
        written.append(many)
        seconds = time.perf_counter() - begun
    told["written"] = written[-1]
    told["more"].append(f"To settle all with nothing to change took {seconds:.0f} s.")


def anew(told: dict[str, Any], by: User) -> None:
    """Half-lives are changed: from the ledger, and from raw events by one statement."""
    versions = list(ScoreVersion.objects.in_force().order_by("slot"))
    for version in versions:
        version.half_life = (version.half_life or 1) + 1
    statement, held = sums(versions)
    columns = " + ".join(f"least(s{v.slot}, 1e300)" for v in versions)
    fold = f"SELECT count(*), sum({columns}) FROM ({statement}) AS folded"
    ours, best, told["fold"] = in_turn(
        lambda: ask(fold, held), lambda: ask(BEST), pairs=FEW
    )
    python = row_by_row() * Standing.objects.count()
    told["python"] = python / ours
    told["more"].append(
        f"All sums from the ledger in {ours:.1f} s; the best statement on raw events "
        f"took {best:.1f} s; Python row by row would take {python:,.0f} s."
    )
    first = versions[0].rule
    reckoned = timed(lambda: reckon([rule(0, half_life=20)], by, rule=first))
    told["more"].append(
        f"A half-life was changed and put in force, with all scores settled and "
        f"written, in {reckoned:.0f} s."
    )


def row_by_row(some: int = 500) -> float:
    """Seconds of a contact: their events, one after the other, in Python."""
    rules = {kind: (p, h) for kind, p, h in ask("SELECT * FROM bench_rule")}
    ask("SELECT 1")
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE INDEX IF NOT EXISTS bench_by ON bench_event (customer_id)"
        )
    people = np.random.default_rng(3).integers(1, Standing.objects.count(), some)
    now, begun = timezone.now(), time.perf_counter()
    for who in people.tolist():
        worth: dict[int, float] = {}
        for kind, at in ask(
            "SELECT kind, at FROM bench_event WHERE customer_id = %s", [who]
        ):
            if kind in rules and at <= now:
                points, half = rules[kind]
                days = (now - at).total_seconds() / 86_400
                worth[kind] = worth.get(kind, 0) + points * 0.5 ** (days / half)
        sum(min(100, each) for each in worth.values())
        ask("SELECT name, standing FROM contacts_contact WHERE id = %s", [who])
        ask("SELECT paid_at FROM orders_order WHERE contact_id = %s", [who])
    return (time.perf_counter() - begun) / some


def explained(told: dict[str, Any]) -> None:
    """Those with the longest ledgers, and some others."""
    people = [
        pk
        for (pk,) in ask(
            "SELECT contact_id FROM scoring_earning WHERE contact_id < 2000 "
            "GROUP BY 1 ORDER BY count(*) DESC LIMIT 40"
        )
    ]
    now = timezone.now() + timedelta(seconds=1)
    for pk in people[:3]:
        why(pk, at=now)
    took = sorted(timed(lambda pk=pk: why(pk, at=now)) * 1000 for pk in people)
    told["why"] = took[int(len(took) * 0.95)]
    told["more"].append(f"Why took {statistics.median(took):.1f} ms at the median.")


def lifetimes(told: dict[str, Any]) -> None:
    from tests.scoring import cdnow

    dice = np.random.default_rng(7)
    x = dice.integers(0, 30, 1_000_000).astype(float)
    age = dice.uniform(30, 150, 1_000_000)
    last = np.where(x > 0, age * dice.uniform(0, 1, 1_000_000), 0.0)
    model = Buying(0.243, 4.414, 0.793, 2.426)
    took = [
        timed(lambda: (model.alive(x, last, age), model.expected(52, x, last, age)))
        for _time in range(3)
    ]
    told["alive"] = statistics.median(took)
    if not cdnow.SAMPLE.exists():
        return
    rows = []
    for days in cdnow.purchases().values():
        until = sorted(day for day in days if day <= cdnow.KNOWN)
        weeks = [(until[-1] - until[0]).days / 7, (cdnow.KNOWN - until[0]).days / 7]
        rows.append((len(until) - 1, *weeks))
    histories = Lives.of(*np.array(rows, float).T)
    told["fit"] = timed(lambda: fit_buying(histories))


if __name__ == "__main__":
    main()

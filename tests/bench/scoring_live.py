"""Events that are heard live, and the plain way of writing the same rows, in turn."""

import statistics
import time
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.events.models import EventRecord
from apps.scoring.earn import earn
from apps.scoring.models import GradeSetting, Standing

PAIRS, FEW = 8, 4
FAR = [10_000, 20_000, 30_000]
BATCH = 5_000
MORE = """
INSERT INTO events_eventrecord (kind, contact_id, source, facts, at, recorded_at)
SELECT 'BehaviourReported', 1 + floor(%(many)s * power(random(), 2))::int, 'client',
    jsonb_build_object('behaviour_id', 100000000 + %(from)s + n, 'name',
        'k' || 1 + n %% 12), now(), now()
FROM generate_series(1, %(batch)s) AS n RETURNING id
"""
# What a batch writes, plainly: its lines, and of whom they are the sum and the score,
# by which lists are ordered.
LINES = """
INSERT INTO scoring_earning (contact_id, version_id, cause, at, points)
SELECT contact_id, (SELECT min(id) FROM scoring_scoreversion), id + %s, at, 5
FROM events_eventrecord WHERE id = ANY(%s) ON CONFLICT (version_id, cause) DO NOTHING
"""
UPSERT = """
INSERT INTO scoring_standing AS kept (contact_id, sums, fit, engagement, score, grade,
    generation)
SELECT told.contact, ARRAY[told.points]::float8[], 0, 0, 0, '', 0
FROM unnest(%s::bigint[], %s::float8[]) AS told (contact, points)
ON CONFLICT (contact_id) DO UPDATE SET sums[1] = coalesce(kept.sums[1], 0)
    + excluded.sums[1], engagement = kept.engagement + 1, score = kept.score + 1,
    due_at = now()
"""
NOT_OURS = 10**15  # lines of the plain way, which nobody asks for


def live(told: dict[str, Any], *, settle_all: Callable[[], None]) -> None:
    """Events a second, in batches, with the news of new grades and without: where the
    thresholds are out of reach nobody's changes. The plain way writes as many rows."""
    with_news = statistics.median(batches(FEW)[0])
    GradeSetting.objects.update_or_create(
        pk=1, defaults={"engagement": FAR, "fit": FAR, "generation": 99}
    )
    settle_all()
    ours, plain = batches(PAIRS)
    told["live"] = statistics.median(
        sum(plain[n : n + 2]) / sum(ours[n : n + 2]) for n in range(0, PAIRS, 2)
    )
    rates = [BATCH / statistics.median(seconds) for seconds in (ours, plain)]
    told["more"].append(
        f"Events heard live, in batches of {BATCH:,}: {rates[0]:,.0f} a second with "
        f"lines and scores, {BATCH / with_news:,.0f} where a third of all grades "
        "change and each is told; plain inserts and upserts of the same rows "
        f"{rates[1]:,.0f}."
    )


def batches(many: int) -> tuple[list[float], list[float]]:
    """Seconds of ours and of the plain way, for the same events: every other time the
    plain way begins. Who touches a page first also writes it whole into the log."""
    people, found = Standing.objects.count(), []
    for turn in range(many + 1):
        first = EventRecord.objects.order_by("-pk").values_list("pk", flat=True)[0]
        with connection.cursor() as cursor:
            told_of = {"many": people, "from": first, "batch": BATCH}
            cursor.execute(MORE, told_of)
            records = [pk for (pk,) in cursor.fetchall()]
        rows = EventRecord.objects.filter(pk__in=records)
        who = sorted(set(rows.values_list("contact_id", flat=True)))
        plain = spent(plainly, records, who) if turn % 2 else 0.0
        ours = spent(earn, records, at=timezone.now())
        plain = plain or spent(plainly, records, who)
        found.append((ours, plain))
    ours_all, plain_all = zip(*found[1:], strict=True)
    return list(ours_all), list(plain_all)


@transaction.atomic
def plainly(records: list[int], who: list[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(LINES, [NOT_OURS, records])
        cursor.execute(UPSERT, [who, [1e-9] * len(who)])


def spent(do: Callable[..., Any], *told: Any, **more: Any) -> float:
    begun = time.perf_counter()
    do(*told, **more)
    return time.perf_counter() - begun

"""The measurements of `./run bench predict`, in a process like that of a worker."""

import json
import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

import numpy as np  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from apps.scoring.as_json import read  # noqa: E402
from apps.scoring.foretell import ask_for  # noqa: E402
from apps.scoring.known import known_at  # noqa: E402
from apps.scoring.lifetime import Buying, Lives, fit_buying  # noqa: E402
from apps.scoring.models import Aim, Chance, Predictor  # noqa: E402
from apps.scoring.next_best import next_best  # noqa: E402
from apps.scoring.predict import train  # noqa: E402
from apps.scoring.together import compare  # noqa: E402
from tests.scoring.cdnow import KNOWN, SAMPLE, purchases  # noqa: E402

MANY = 1_000_000
ASKED = 200  # contacts, one by one
TIMES = 7
PUBLISHED = Buying(0.243, 4.414, 0.793, 2.426)


def took(does: Callable[[], Any]) -> tuple[float, Any]:
    begin = time.perf_counter()
    found = does()
    return time.perf_counter() - begin, found


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def cdnow() -> float | None:
    if not SAMPLE.exists():
        return None
    rows = []
    for days in purchases().values():
        known = sorted(day for day in days if day <= KNOWN)
        first, last = known[0], known[-1]
        age = (KNOWN - first).days / 7
        rows.append((len(known) - 1, (last - first).days / 7, age))
    lives = Lives.of(*np.array(rows, float).T)
    return statistics.median(took(lambda: fit_buying(lives))[0] for _n in range(3))


def scored() -> float:
    lot = np.random.default_rng(0)
    x = lot.poisson(1.5, MANY).astype(float)
    age = lot.uniform(1, 100, MANY)
    last = np.where(x > 0, age * lot.random(MANY), 0.0)

    def once() -> None:
        PUBLISHED.alive(x, last, age)
        PUBLISHED.expected(52, x, last, age)

    return statistics.median(took(once)[0] for _n in range(3))


def main() -> dict[str, Any]:
    at = timezone.now()
    Aim.objects.create(pk=1, outcome="second_order", days=30)
    spent, made = took(lambda: train(at=at))
    Predictor.objects.update(standing="spare")
    Aim.objects.update(outcome="first_order", days=30)
    training, made = took(lambda: train(at=at))
    learned = read(made.body)
    if not made.is_used:
        Predictor.objects.filter(pk=made.pk).update(standing="used")
    whole, _job = took(lambda: ask_for(learns=False, at=at).work_off())
    people = Chance.objects.count()

    lot = np.random.default_rng(0)
    many = [feature.many for feature in learned.features]
    bins = np.asfortranarray(
        np.column_stack([lot.integers(0, n, MANY) for n in many]).astype(np.uint8)
    )
    predicting = [took(lambda: learned.chances(bins))[0] for _n in range(TIMES)]

    comparing, pairs = took(lambda: compare(at=at))
    rows = random.Random(1)
    with connection.cursor() as cursor:
        cursor.execute("SELECT max(id) FROM contacts_contact")
        largest = cursor.fetchone()[0]
    some = [rows.randint(1, largest) for _n in range(ASKED)]
    offers = [took(lambda pk=pk: next_best(pk))[0] * 1_000 for pk in some]

    def factors(pk: int) -> None:
        table = known_at([pk], at + timedelta(seconds=1), learned.words)
        learned.parts(learned.bins(table, 1)[0])

    asked = [took(lambda pk=pk: factors(pk))[0] * 1_000 for pk in some]
    return {
        "speed": MANY / statistics.median(predicting),
        "all": whole,
        "train": training,
        "compare": comparing,
        "next": p95(offers),
        "factors": p95(asked),
        "scored": scored(),
        "cdnow": cdnow(),
        "more": [
            f"{people:,} of the contacts have not bought yet, and got a chance: "
            f"{people / whole:,.0f} a second with their features and the writing.",
            f"The model: {learned.kind} over {len(learned.features)} features, learned "
            f"from {made.rows:,} cases; one for the second order took {spent:.0f} s.",
            f"From bins to chances {min(predicting):.2f}–{max(predicting):.2f} s for a "
            f"million, {TIMES} times, on one core.",
            f"{pairs:,} pairs of 2,000 products are kept; next best took "
            f"{statistics.median(offers):.1f} ms at the median, factors "
            f"{statistics.median(asked):.1f} ms.",
        ],
    }


if __name__ == "__main__":
    print(json.dumps(main()))

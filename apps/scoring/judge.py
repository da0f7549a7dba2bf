"""How true are chances? Measured on those whom the model has not seen.

All is weighted: where of many who did not buy only a part was looked at, each stands
for several.
"""

from typing import Any

import numpy as np

from apps.scoring.lifetime import Numbers

BANDS = 10
LEAST = 1e-6  # nothing is certain
EMPTY = 1e-4  # the share that an empty bin is taken for, in a drift


def auc(won: Numbers, told: Numbers, weight: Numbers) -> float:
    """The chance that of one who won and one who did not the first is told more."""
    values, place = np.unique(told, return_inverse=True)
    good = np.bincount(place, weight * won, minlength=len(values))
    bad = np.bincount(place, weight * (1 - won), minlength=len(values))
    below = np.cumsum(bad) - bad
    both = good.sum() * bad.sum()
    return float((good * (below + bad / 2)).sum() / both) if both else 0.5


def brier(won: Numbers, chance: Numbers, weight: Numbers) -> float:
    return float(np.average((chance - won) ** 2, weights=weight))


def log_loss(won: Numbers, chance: Numbers, weight: Numbers) -> float:
    safe = np.clip(chance, LEAST, 1 - LEAST)
    each = won * np.log(safe) + (1 - won) * np.log(1 - safe)
    return float(-np.average(each, weights=weight))


def reliability(
    won: Numbers, chance: Numbers, weight: Numbers
) -> list[tuple[float, float, float]]:
    """Of ten groups as large as each other: the chance that was told on average, the
    share that won, and how much the group weighs."""
    return [
        (
            float(np.average(chance[part], weights=weight[part])),
            float(np.average(won[part], weights=weight[part])),
            float(weight[part].sum()),
        )
        for part in tenths(chance, weight)
    ]


def tenths(told: Numbers, weight: Numbers) -> list[Any]:
    """Places of the rows from the least to the most, in ten parts of one weight."""
    order = np.argsort(told, kind="stable")
    upto = np.cumsum(weight[order])
    group = np.minimum((upto - weight[order] / 2) / upto[-1] * BANDS, BANDS - 1)
    parts = [order[group.astype(int) == number] for number in range(BANDS)]
    return [part for part in parts if len(part)]


def calibration_error(points: list[tuple[float, float, float]]) -> float:
    """How far chances are off, on average."""
    total = sum(weight for _told, _won, weight in points) or 1
    return sum(abs(told - won) * weight for told, won, weight in points) / total


def lifts(points: list[tuple[float, float, float]]) -> list[float]:
    """How much oftener each tenth won than all did; the best tenth first."""
    total = sum(weight for _told, _won, weight in points)
    share = sum(won * weight for _told, won, weight in points) / total
    return [won / share if share else 1.0 for _told, won, _weight in reversed(points)]


def measured(won: Numbers, chance: Numbers, weight: Numbers) -> dict[str, Any]:
    points = reliability(won, chance, weight)
    return {
        "rows": len(won),
        "won": int(won.sum()),
        "share": float(np.average(won, weights=weight)),
        "auc": auc(won, chance, weight),
        "brier": brier(won, chance, weight),
        "log_loss": log_loss(won, chance, weight),
        "error": calibration_error(points),
        "points": [[round(value, 5) for value in point] for point in points],
        "lifts": [round(lift, 3) for lift in lifts(points)],
    }


def psi(before: Numbers, now: Numbers) -> float:
    """The population stability index: how much two distributions over the same bins
    differ. Below 0.1 hardly, above 0.25 so much that a model should be learned anew."""
    shares = []
    for each in (before, now):
        total = each.sum() or 1
        shares.append(np.maximum(each / total, EMPTY))
    old, new = shares
    return float(((new - old) * np.log(new / old)).sum())

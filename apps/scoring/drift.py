"""How much contacts differ from those a model was learned from, by month.

A model is asked about people of today; if they have become others, it may be wrong
without anybody noticing. How they lie in its bins is compared with how they lay then.
"""

from typing import Any

import numpy as np
from django.utils import timezone

from apps.scoring.bins import Bins
from apps.scoring.judge import psi
from apps.scoring.learned import Learned


def spread(learned: Learned, bins: Bins, weight: Any) -> dict[str, Any]:
    """How contacts lie in the bins of each feature, and in tenths of their chances."""
    chances = learned.chances(bins)
    edges = np.unique(np.quantile(chances, np.linspace(0.1, 0.9, 9)))
    return {
        "edges": [float(edge) for edge in edges],
        "chances": histogram(np.searchsorted(edges, chances), len(edges) + 1, weight),
        "features": {
            feature.name: histogram(bins[:, place], feature.many, weight)
            for place, feature in enumerate(learned.features)
        },
    }


def histogram(bins: Any, many: int, weight: Any = None) -> list[float]:
    told = np.bincount(bins, weight, minlength=many)
    return [round(float(each), 2) for each in told]


def month_of(
    learned: Learned, seen: dict[str, Any], bins: Bins, weight: Any, *, month: str
) -> dict[str, Any]:
    edges = seen["edges"]
    places = np.searchsorted(edges, learned.chances(bins))
    now = np.bincount(places, weight, minlength=len(edges) + 1).astype(float)
    features = drift_of(learned, seen["features"], bins, weight)
    moved = sorted(features.items(), key=lambda each: -each[1])[:8]
    return {
        "month": month,
        "chances": round(psi(np.array(seen["chances"]), now), 4),
        "features": [[name, round(value, 4)] for name, value in moved],
        "many": len(bins),
    }


def drift_by_cut(
    learned: Learned, weight: Any, bins: Bins, asked: list[Any]
) -> list[dict[str, Any]]:
    """Of the months it was learned from: how usual it is that they differ."""
    seen = spread(learned, bins, weight)
    found: list[dict[str, Any]] = []
    first = 0
    for each in asked:
        rows = slice(first, first + len(each.contacts))
        first = rows.stop
        month = f"{timezone.localdate(each.cut):%Y-%m}"
        told = month_of(learned, seen, bins[rows], each.weight, month=month)
        found = [*(one for one in found if one["month"] != month), told]
    return found


def drift_of(
    learned: Learned, seen: dict[str, list[float]], bins: Bins, weight: Any
) -> dict[str, float]:
    """By feature: how much contacts differ from those it was learned from."""
    found = {}
    for place, feature in enumerate(learned.features):
        now = np.bincount(bins[:, place], weight, minlength=feature.many)
        found[feature.name] = psi(np.array(seen[feature.name]), now.astype(float))
    return found

"""What is known of contacts, as small numbers: each value falls into a bin.

Numbers are cut where as many lie below as between; the values of a choice stand in the
order of how often the outcome followed. Bin 0 is "unknown", and whatever was never
seen. Where the bins begin is learned from the past alone, and kept with the model.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from apps.scoring.lifetime import Numbers

MOST_BINS = 24  # of a number
MOST_LEVELS = 40  # of a choice; what is rarer is unknown
FEWEST_OF_A_LEVEL = 15
SMOOTHING = 10.0  # contacts who are added to each bin, with the share of all

type Bins = np.ndarray[Any, np.dtype[np.uint8]]
type Column = np.ndarray[Any, Any]  # floats with NaN, or texts with ""
type Table = Mapping[str, Column]


@dataclass(frozen=True)
class Feature:
    """`edges` of a number, or `levels` of a choice; `lifts` says for each bin how much
    likelier the outcome was than on average, as a logarithm of odds."""

    name: str
    edges: tuple[float, ...] = ()
    levels: tuple[str, ...] = ()
    lifts: tuple[float, ...] = ()

    @property
    def many(self) -> int:
        return 1 + (len(self.levels) or len(self.edges) + 1)

    def bins(self, column: Column) -> Bins:
        if self.levels or column.dtype.kind in "UO":
            places = {level: n for n, level in enumerate(self.levels, 1)}
            values, where = np.unique(column.astype(str), return_inverse=True)
            told = np.array([places.get(value, 0) for value in values], np.uint8)
            return told[where] if len(values) else np.zeros(0, np.uint8)
        found = np.searchsorted(self.edges, column, side="right") + 1
        return np.where(np.isnan(column), 0, found).astype(np.uint8)


def read_bins(features: Sequence[Feature], table: Table, many: int) -> Bins:
    """A row for each contact, a column for each feature; what is missing is unknown."""
    found = np.zeros((many, len(features)), np.uint8, order="F")
    for place, feature in enumerate(features):
        if feature.name in table:
            found[:, place] = feature.bins(table[feature.name])
    return found


def learn_features(table: Table, won: Numbers, weight: Numbers) -> list[Feature]:
    """Those that tell anything: of which more than one bin has somebody in it."""
    found = []
    for name, column in table.items():
        feature = learn_feature(name, column, won, weight)
        if feature and len(np.unique(feature.bins(column))) > 1:
            found.append(feature)
    return found


def learn_feature(
    name: str, column: Column, won: Numbers, weight: Numbers
) -> Feature | None:
    if column.dtype.kind in "UO":
        texts = column.astype(str)
        levels, where, often = np.unique(texts, return_inverse=True, return_counts=True)
        lifts = lifts_of(where, len(levels), won, weight)
        order = np.argsort(-often, kind="stable")[:MOST_LEVELS]
        kept = [n for n in order if often[n] >= FEWEST_OF_A_LEVEL and levels[n]]
        kept.sort(key=lambda n: lifts[n])
        feature = Feature(name, levels=tuple(str(levels[n]) for n in kept))
        if not kept:
            return None
    else:
        known = column[~np.isnan(column)]
        if not len(known):
            return None
        cuts = np.quantile(known, np.linspace(0, 1, MOST_BINS + 1)[1:-1])
        edges = np.unique(cuts)
        few = np.unique(known)
        if len(few) <= MOST_BINS:  # each value is a bin of its own
            edges = (few[1:] + few[:-1]) / 2
        feature = Feature(name, edges=tuple(float(edge) for edge in edges))
    told = lifts_of(feature.bins(column), feature.many, won, weight)
    return Feature(name, feature.edges, feature.levels, tuple(map(float, told)))


def lifts_of(bins: Any, many: int, won: Numbers, weight: Numbers) -> Numbers:
    """Bins with few in them are drawn towards the average."""
    share = float(np.average(won, weights=weight))
    share = min(max(share, 1e-6), 1 - 1e-6)
    total = np.bincount(bins, weight, minlength=many)
    good = np.bincount(bins, weight * won, minlength=many)
    each = (good + SMOOTHING * share) / (total + SMOOTHING)
    return np.asarray(np.log(each / (1 - each)) - np.log(share / (1 - share)), float)

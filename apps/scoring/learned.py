"""A model as data: numbers in JSON that our own code reckons with.

Nothing in it can be run: whoever writes into the database changes a number and no more.
Two kinds add up to a logarithm of odds: a score card has points for each bin of each
feature, trees have leaves. Of each chance it can be told which feature added how much.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from apps.scoring.bins import Bins, Feature, Table, read_bins
from apps.scoring.lifetime import Numbers

MOST_LEAVES = 16  # a leaf is a bit of sixteen
ALL_BINS = 256
ROWS = 25_000  # that are reckoned at once: they stay in the processor's cache
FARTHEST = 30.0  # a logarithm of odds


@dataclass(frozen=True)
class Card:
    """Points of each bin, feature by feature."""

    points: tuple[tuple[float, ...], ...]

    def odds(self, bins: Bins) -> Numbers:
        total = np.zeros(len(bins))
        for place, points in enumerate(self.points):
            total += np.asarray(points)[bins[:, place]]
        return total

    def parts(self, row: Bins) -> Numbers:
        return np.array([points[row[n]] for n, points in enumerate(self.points)])


@dataclass(frozen=True)
class Tree:
    """Nodes by number. `at` is the feature, or -1 in a leaf; bins up to `upto` go to
    `left`. `value` of a node that is no leaf is the mean of those below it."""

    at: tuple[int, ...]
    upto: tuple[int, ...]
    left: tuple[int, ...]
    right: tuple[int, ...]
    value: tuple[float, ...]

    @cached_property
    def leaves(self) -> list[int]:
        return [node for node, at in enumerate(self.at) if at < 0]

    @cached_property
    def masks(self) -> list[tuple[int, Any]]:
        """For each feature, and each of its bins, which leaves can still be reached."""
        bit = {node: 1 << number for number, node in enumerate(self.leaves)}

        def below(node: int) -> int:
            if self.at[node] < 0:
                return bit[node]
            return below(self.left[node]) | below(self.right[node])

        every = below(0)
        found: dict[int, Any] = {}
        for node, at in enumerate(self.at):
            if at >= 0:
                mask = found.setdefault(at, np.full(ALL_BINS, every, np.uint16))
                mask[: self.upto[node] + 1] &= ~np.uint16(below(self.right[node]))
                mask[self.upto[node] + 1 :] &= ~np.uint16(below(self.left[node]))
        return sorted(found.items())

    @cached_property
    def values(self) -> Numbers:
        return np.array([self.value[node] for node in self.leaves])

    def path(self, row: Bins) -> list[int]:
        nodes = [0]
        while (at := self.at[nodes[-1]]) >= 0:
            last = nodes[-1]
            way = self.left if row[at] <= self.upto[last] else self.right
            nodes.append(way[last])
        return nodes


@dataclass(frozen=True)
class Trees:
    """A leaf is found by what all its features leave of a row of bits: one."""

    trees: tuple[Tree, ...]
    many: int  # features

    def odds(self, bins: Bins) -> Numbers:
        total = np.zeros(len(bins))
        for first in range(0, len(bins), ROWS):
            columns = np.asfortranarray(bins[first : first + ROWS])
            total[first : first + ROWS] = self.of_some(columns)
        return total

    def of_some(self, columns: Bins) -> Numbers:
        total = np.zeros(len(columns))
        for tree in self.trees:
            if not tree.masks:
                total += tree.value[0]
                continue
            place, mask = tree.masks[0]
            left = mask.take(columns[:, place])
            for place, mask in tree.masks[1:]:
                left &= mask.take(columns[:, place])
            total += tree.values.take(BIT.take(left))
        return total

    def parts(self, row: Bins) -> Numbers:
        """On the way from the root to a leaf each step moves the mean: by how much is
        put down to the feature that was asked."""
        told = np.zeros(self.many)
        for tree in self.trees:
            path = tree.path(row)
            for node, then in zip(path, path[1:], strict=False):
                told[tree.at[node]] += tree.value[then] - tree.value[node]
        return told


BIT = np.zeros(1 << MOST_LEAVES, np.uint8)
for _number in range(MOST_LEAVES):
    BIT[1 << _number] = _number


@dataclass(frozen=True)
class Calibration:
    """From a logarithm of odds to a chance: a line in odds, or steps between points."""

    slope: float = 1.0
    shift: float = 0.0
    odds: tuple[float, ...] = ()
    chances: tuple[float, ...] = ()

    @property
    def name(self) -> str:
        return "isotonic" if self.odds else "sigmoid"

    def chance(self, odds: Numbers) -> Numbers:
        if self.odds:
            return np.asarray(np.interp(odds, self.odds, self.chances), float)
        straight = np.clip(self.slope * odds + self.shift, -FARTHEST, FARTHEST)
        return np.asarray(1 / (1 + np.exp(-straight)), float)


@dataclass(frozen=True)
class Learned:
    """All that a chance is reckoned from. `base` is the logarithm of odds of all."""

    features: tuple[Feature, ...]
    base: float
    adds: Card | Trees
    calibration: Calibration
    made_by: str  # which library, in which version
    words: dict[str, list[str]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return "card" if isinstance(self.adds, Card) else "trees"

    def bins(self, table: Table, many: int) -> Bins:
        return read_bins(self.features, table, many)

    def odds(self, bins: Bins) -> Numbers:
        return self.base + self.adds.odds(bins)

    def chances(self, bins: Bins) -> Numbers:
        return self.calibration.chance(self.odds(bins))

    def parts(self, row: Bins) -> list[tuple[Feature, float]]:
        """What each feature adds to the odds of one contact, the most telling first."""
        told = zip(self.features, map(float, self.adds.parts(row)), strict=True)
        return sorted(told, key=lambda part: -abs(part[1]))

    def weights(self, bins: Bins) -> list[tuple[str, float]]:
        """How much each feature moves odds, on average over these contacts."""
        total = np.zeros(len(self.features))
        for row in bins:
            total += np.abs(self.adds.parts(row))
        told = total / max(len(bins), 1)
        named = [(f.name, float(v)) for f, v in zip(self.features, told, strict=True)]
        return sorted(named, key=lambda each: -each[1])

"""A model as data: numbers in JSON that our own code reckons with.

Nothing in it can be run: whoever writes into the database changes a number and no more.
Two kinds add up to a logarithm of odds: a score card has points for each bin of each
feature, trees have leaves. Of each chance it can be told which feature added how much.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from apps.common.errors import Refused
from apps.scoring.bins import Bins, Feature, Table, read_bins
from apps.scoring.lifetime import Numbers

FORMAT = 1
MOST_LEAVES = 16  # a leaf is a bit of sixteen
ALL_BINS = 256
ROWS = 25_000  # that are reckoned at once: they stay in the processor's cache
FARTHEST = 30.0  # a logarithm of odds


class NotReadable(Refused):
    """This model was written by another version; train a new one."""

    code = "model_not_readable"


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


# --- to keep it -----------------------------------------------------------------------


def written(learned: Learned) -> dict[str, Any]:
    adds = learned.adds
    body: dict[str, Any]
    if isinstance(adds, Card):
        body = {"points": [list(points) for points in adds.points]}
    else:
        names = Tree.__dataclass_fields__
        body = {"trees": [{n: list(getattr(t, n)) for n in names} for t in adds.trees]}
    return {
        "format": FORMAT,
        "made_by": learned.made_by,
        "base": learned.base,
        "features": [
            {
                "name": each.name,
                "edges": list(each.edges),
                "levels": list(each.levels),
                "lifts": list(each.lifts),
            }
            for each in learned.features
        ],
        "calibration": {
            "slope": learned.calibration.slope,
            "shift": learned.calibration.shift,
            "odds": list(learned.calibration.odds),
            "chances": list(learned.calibration.chances),
        },
        "words": learned.words,
        **body,
    }


def read(told: Any) -> Learned:
    """Nothing but numbers and names is taken from it, each in its place."""
    try:
        return read_whole(told)
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as wrong:
        raise NotReadable from wrong


def read_whole(told: Any) -> Learned:
    if told["format"] != FORMAT:
        raise NotReadable
    features = tuple(
        Feature(
            str(each["name"]),
            floats(each["edges"]),
            tuple(map(str, each["levels"])),
            floats(each["lifts"]),
        )
        for each in told["features"]
    )
    adds: Card | Trees
    if "points" in told:
        adds = Card(tuple(floats(points) for points in told["points"]))
        fits = [len(p) == f.many for p, f in zip(adds.points, features, strict=True)]
    else:
        trees = tuple(
            Tree(
                whole(each["at"]),
                whole(each["upto"]),
                whole(each["left"]),
                whole(each["right"]),
                floats(each["value"]),
            )
            for each in told["trees"]
        )
        adds = Trees(trees, len(features))
        fits = [is_sound(tree, len(features)) for tree in trees]
    if not all(fits):
        raise NotReadable
    calibration = told["calibration"]
    return Learned(
        features=features,
        base=float(told["base"]),
        adds=adds,
        calibration=Calibration(
            float(calibration["slope"]),
            float(calibration["shift"]),
            floats(calibration["odds"]),
            floats(calibration["chances"]),
        ),
        made_by=str(told["made_by"]),
        words={str(k): [str(e) for e in v] for k, v in told["words"].items()},
    )


def is_sound(tree: Tree, features: int) -> bool:
    """Of one length, leaves enough for sixteen bits, and children after parents: no
    way through it is endless."""
    many = len(tree.at)
    lists = (tree.upto, tree.left, tree.right, tree.value)
    if not many or any(len(each) != many for each in lists):
        return False
    inner = [node for node, at in enumerate(tree.at) if at >= 0]
    children = [child for n in inner for child in (tree.left[n], tree.right[n])]
    return (
        many - len(inner) <= MOST_LEAVES
        and all(tree.at[node] < features for node in inner)
        and all(0 <= tree.upto[node] < ALL_BINS for node in inner)
        and all(n < c < many for n in inner for c in (tree.left[n], tree.right[n]))
        and len(set(children)) == len(children) == many - 1
    )


def floats(told: Sequence[Any]) -> tuple[float, ...]:
    found = tuple(map(float, told))
    if not all(map(np.isfinite, found)):
        raise NotReadable
    return found


def whole(told: Sequence[Any]) -> tuple[int, ...]:
    return tuple(map(int, told))

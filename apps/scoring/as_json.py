"""A learned model as JSON, and back: nothing but numbers and names, each in its place.

What does not fit is refused: a tree that goes round in circles, a number that is none.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from apps.common.errors import Refused
from apps.scoring.bins import Feature
from apps.scoring.learned import (
    ALL_BINS,
    MOST_LEAVES,
    Calibration,
    Card,
    Learned,
    Tree,
    Trees,
)

FORMAT = 1


class NotReadable(Refused):
    """This model was written by another version; train a new one."""

    code = "model_not_readable"


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

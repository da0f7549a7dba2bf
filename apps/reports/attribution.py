"""Who brought a conversion: seven models that share it out over its path of touches.

A path is what touched a contact before a conversion, in time. Each model gives every
touch a share; the shares of one path are 1 together, so that all credits together are
all conversions.

first, last     the first touch has it all, or the last
linear          every touch the same
decay           half as much for each week that a touch lies before the last one
position        40% to the first, 40% to the last, 20% to the middle; of two half each
shapley         every one in the path the same, however often it touched. This is the
                closed form of Shapley's value: what a set of channels is worth are the
                conversions of those whom nobody outside it touched
markov          by how many conversions fewer there would be without it: contacts walk
                from touch to touch as often as they really did, and whoever comes to
                one that is taken away does not convert; whoever did not counts too

Pure: no database, no clock.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

HALF_LIFE = 7  # days
ENDS = 0.4  # of the first and of the last touch, by position

Key = Hashable
Shares = list[float]


@dataclass(frozen=True, kw_only=True)
class Path:
    """So many who were touched by the same, in the same order and as far apart.

    `days` says how long before the last each touch was. `lost` are those who walked
    the same way and did not convert.
    """

    keys: tuple[Key, ...]
    days: tuple[float, ...]
    many: float = 0
    worth: float = 0
    lost: float = 0


@dataclass
class Credit:
    """What one of them is given: conversions, and what these were worth."""

    many: float = 0.0
    worth: float = 0.0


Credits = dict[Key, Credit]

# --- models that look at one path -----------------------------------------------------


def first(path: Path) -> Shares:
    return [1.0] + [0.0] * (len(path.keys) - 1)


def last(path: Path) -> Shares:
    return [0.0] * (len(path.keys) - 1) + [1.0]


def linear(path: Path) -> Shares:
    return [1 / len(path.keys)] * len(path.keys)


def decay(path: Path) -> Shares:
    return whole([0.5 ** (days / HALF_LIFE) for days in path.days])


def position(path: Path) -> Shares:
    many = len(path.keys)
    if many < 3:
        return linear(path)
    return [ENDS, *[(1 - 2 * ENDS) / (many - 2)] * (many - 2), ENDS]


def shapley(path: Path) -> Shares:
    """Given to where each of them touched first."""
    seen: set[Key] = set()
    each = 1 / len(set(path.keys))
    shares = []
    for key in path.keys:
        shares.append(0.0 if key in seen else each)
        seen.add(key)
    return shares


def whole(weights: Sequence[float]) -> Shares:
    total = sum(weights)
    return [weight / total for weight in weights]


OF_A_PATH: dict[str, Callable[[Path], Shares]] = {
    "first": first,
    "last": last,
    "linear": linear,
    "decay": decay,
    "position": position,
    "shapley": shapley,
}
MODELS = (*OF_A_PATH, "markov")


def credits_of(paths: Iterable[Path], *, model: str) -> Credits:
    """Everybody in any path has an entry, also those who are given nothing."""
    paths = [path for path in paths if path.keys]
    if model == "markov":
        return markov(paths)
    share_out, found = OF_A_PATH[model], begun(paths)
    for path in paths:
        if path.many or path.worth:
            for key, share in zip(path.keys, share_out(path), strict=True):
                found[key].many += share * path.many
                found[key].worth += share * path.worth
    return found


def begun(paths: Iterable[Path]) -> Credits:
    return {key: Credit() for path in paths for key in path.keys}


# --- the model that looks at all of them ----------------------------------------------


def markov(paths: Sequence[Path]) -> Credits:
    """All conversions, shared out by the effects of taking each away."""
    effects = removal_effects(paths)
    found, total = begun(paths), sum(effects.values())
    if not total:
        return found
    many = sum(path.many for path in paths)
    worth = sum(path.worth for path in paths)
    for key, effect in effects.items():
        found[key] = Credit(many * effect / total, worth * effect / total)
    return found


def removal_effects(paths: Sequence[Path]) -> dict[Key, float]:
    """Which part of the conversions would be missing without each.

    Who comes to one that is taken away is lost: that is everybody who ever comes there
    and would have converted from there. Who stands in no path that converted counts
    nothing, even if another way would lead on from there.
    """
    numbers = {key: n for n, key in enumerate(begun(paths))}
    steps, starts, wins = counted(paths, numbers)
    leaving = steps.sum(axis=1) + wins[:, 0] + wins[:, 1]
    walked = leaving > 0
    if not walked.any() or not wins[:, 0].any():
        return dict.fromkeys(numbers, 0.0)
    leaving[~walked] = 1
    onward = steps / leaving[:, None]
    visits = np.linalg.inv(np.eye(len(numbers)) - onward)
    converts = visits @ (wins[:, 0] / leaving)  # from each, sooner or later
    begins = starts / starts.sum()
    comes_by = (begins @ visits) / np.diag(visits)  # ever, from the start
    effects = comes_by * converts / (begins @ converts)
    won = {key for path in paths if path.many for key in path.keys}
    return {key: float(effects[n]) if key in won else 0.0 for key, n in numbers.items()}


def counted(
    paths: Iterable[Path], numbers: dict[Key, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How often one led to another, how often each came first, and how often each
    came last: before a conversion, and before none."""
    steps: dict[tuple[int, int], float] = defaultdict(float)
    starts, wins = np.zeros(len(numbers)), np.zeros((len(numbers), 2))
    for path in paths:
        weight = path.many + path.lost
        way = [numbers[key] for key in path.keys]
        starts[way[0]] += weight
        for pair in zip(way, way[1:], strict=False):
            steps[pair] += weight
        wins[way[-1]] += path.many, path.lost
    matrix = np.zeros((len(numbers), len(numbers)))
    for (one, other), weight in steps.items():
        matrix[one, other] = weight
    return matrix, starts, wins

"""To learn chances from the past: by a score card and by trees; the better one stays.

The score card is the baseline: a logistic regression on how much likelier the outcome
was in each bin. Both are judged by fifths that each has not seen; so is how their odds
become chances, by a line or by steps. What is learned is taken out of the library into
numbers of our own (see learned.py), and compared with what the library says. The
library is loaded by whoever trains: it takes 0.7 s and 60 MB of every other process.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from apps.common.errors import Refused
from apps.scoring.bins import Bins, Feature, Table, learn_features, read_bins
from apps.scoring.judge import LEAST, auc, log_loss
from apps.scoring.learned import Calibration, Card, Learned, Tree, Trees
from apps.scoring.lifetime import Numbers

FEWEST = 200  # outcomes
PARTS = 5
TOO_GOOD = 0.85  # AUC of a single feature
SAME = 1e-6  # of odds, by the library and by us
MADE_BY = f"scikit-learn {version('scikit-learn')}"

TREES: dict[str, Any] = {
    "max_iter": 90,
    "learning_rate": 0.09,
    "max_leaf_nodes": 12,
    "min_samples_leaf": 25,
    "l2_regularization": 3.0,
    "early_stopping": False,
    "random_state": 0,
}


class TooFewOutcomes(Refused):
    """Fewer than 200 outcomes: nothing that holds can be learned from so few."""

    code = "too_few_outcomes"


class OneOutcomeOnly(Refused):
    """All had the same outcome: there is nothing to tell apart."""

    code = "one_outcome_only"


class NotTheSame(Refused):
    """The library reckons otherwise than we do; the model is not used."""

    code = "library_differs"


@dataclass(frozen=True)
class Past:
    """Who had which outcome: 1 or 0, and for how many each stands."""

    table: Table
    won: Numbers
    weight: Numbers

    @property
    def many(self) -> int:
        return len(self.won)

    def part(self, chosen: Any) -> "Past":
        table = {name: column[chosen] for name, column in self.table.items()}
        return Past(table, self.won[chosen], self.weight[chosen])

    def without(self, names: Any) -> "Past":
        left = {name: c for name, c in self.table.items() if name not in names}
        return Past(left, self.won, self.weight)


type Adds = Card | Trees
type Fits = Callable[[list[Feature], Bins, Past], tuple[float, Adds]]


@threadpool_limits.wrap(limits=1)  # whose threads wait for each other where others work
def learn(past: Past) -> Learned:
    check(past)
    judged = []
    for fits in (fit_card, fit_trees):
        unseen = odds_of_unseen(past, fits)
        calibration, loss = calibrated(unseen, past)
        judged.append((loss, fits, calibration))
    _loss, fits, calibration = min(judged, key=lambda each: each[0])
    features, base, adds = learned_by(fits, past)
    return Learned(tuple(features), base, adds, calibration, MADE_BY)


def check(past: Past) -> None:
    if past.won.sum() < FEWEST:
        raise TooFewOutcomes
    if past.won.sum() == past.many:
        raise OneOutcomeOnly


def fifths(many: int) -> Iterator[tuple[Any, Any]]:
    """Of each fifth: those outside it, and those in it. The same ones every time."""
    part = np.random.default_rng(7).permutation(many) % PARTS
    for number in range(PARTS):
        yield part != number, part == number


def odds_of_unseen(past: Past, fits: Fits) -> Numbers:
    """What each fifth is told by what was learned from the others."""
    found = np.zeros(past.many)
    for others, these in fifths(past.many):
        known, unseen = past.part(others), past.part(these)
        features, base, adds = learned_by(fits, known)
        told = read_bins(features, unseen.table, unseen.many)
        found[these] = base + adds.odds(told)
    return found


def learned_by(fits: Fits, past: Past) -> tuple[list[Feature], float, Adds]:
    """Where nothing tells contacts apart, all have the chance of the average."""
    features = learn_features(past.table, past.won, past.weight)
    if not features:
        share = float(np.average(past.won, weights=past.weight))
        return [], float(np.log(share / (1 - share))), Card(())
    base, adds = fits(features, read_bins(features, past.table, past.many), past)
    return features, base, adds


# --- the two kinds --------------------------------------------------------------------


def fit_card(features: list[Feature], bins: Bins, past: Past) -> tuple[float, Card]:
    lifts = [np.asarray(feature.lifts) for feature in features]
    told = np.column_stack([lift[bins[:, n]] for n, lift in enumerate(lifts)])
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=1.0, max_iter=500)
    found.fit(told, past.won, sample_weight=past.weight)
    middle = np.average(told, axis=0, weights=past.weight)
    points = tuple(
        tuple(float(each) for each in slope * (lift - mean))
        for slope, lift, mean in zip(found.coef_[0], lifts, middle, strict=True)
    )
    base = float(found.intercept_[0] + found.coef_[0] @ middle)
    card = Card(points)
    compare(base + card.odds(bins), found.decision_function(told))
    return base, card


def fit_trees(features: list[Feature], bins: Bins, past: Past) -> tuple[float, Trees]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    found = HistGradientBoostingClassifier(**TREES)
    told = bins.astype(np.float32)
    found.fit(told, past.won, sample_weight=past.weight)
    trees = [tree_of(each.nodes) for (each,) in found._predictors]
    # each tree is moved so that its mean is 0: what is added is then told of features
    means = [tree.value[0] for tree in trees]
    base = float(np.ravel(found._baseline_prediction)[0]) + sum(means)
    moved = Trees(
        tuple(shifted(t, m) for t, m in zip(trees, means, strict=True)), len(features)
    )
    compare(base + moved.odds(bins), found.decision_function(told))
    return base, moved


def tree_of(nodes: Any) -> Tree:
    value = nodes["value"].astype(float)
    for node in reversed(range(len(nodes))):  # children stand after their parent
        if not nodes["is_leaf"][node]:
            both = [int(nodes[side][node]) for side in ("left", "right")]
            many = nodes["count"][both].astype(float)
            value[node] = float(value[both] @ many / many.sum())
    leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        at=tuple(int(e) for e in np.where(leaf, -1, nodes["feature_idx"])),
        upto=tuple(int(e) for e in np.floor(np.where(leaf, 0, nodes["num_threshold"]))),
        left=tuple(int(e) for e in np.where(leaf, 0, nodes["left"])),
        right=tuple(int(e) for e in np.where(leaf, 0, nodes["right"])),
        value=tuple(float(e) for e in value),
    )


def shifted(tree: Tree, by: float) -> Tree:
    value = tuple(each - by for each in tree.value)
    return Tree(tree.at, tree.upto, tree.left, tree.right, value)


def compare(ours: Numbers, theirs: Numbers) -> None:
    if np.abs(ours - theirs).max(initial=0) > SAME:
        raise NotTheSame


# --- from odds to chances -------------------------------------------------------------


def calibrated(odds: Numbers, past: Past) -> tuple[Calibration, float]:
    """The way that is truer for those whom it has not seen, and how true it is."""
    best = None
    for way in (by_a_line, by_steps):
        told = np.zeros(past.many)
        for others, these in fifths(past.many):
            found = way(odds[others], past.won[others], past.weight[others])
            told[these] = found.chance(odds[these])
        loss = log_loss(past.won, told, past.weight)
        if best is None or loss < best[0]:
            best = loss, way
    assert best is not None
    loss, way = best
    return way(odds, past.won, past.weight), loss


def by_a_line(odds: Numbers, won: Numbers, weight: Numbers) -> Calibration:
    from sklearn.linear_model import LogisticRegression

    found = LogisticRegression(C=1e6, max_iter=500)
    found.fit(odds[:, None], won, sample_weight=weight)
    return Calibration(float(found.coef_[0][0]), float(found.intercept_[0]))


def by_steps(odds: Numbers, won: Numbers, weight: Numbers) -> Calibration:
    from sklearn.isotonic import IsotonicRegression

    found = IsotonicRegression(y_min=LEAST, y_max=1 - LEAST, out_of_bounds="clip")
    found.fit(odds, won, sample_weight=weight)
    return Calibration(
        odds=tuple(map(float, found.X_thresholds_)),
        chances=tuple(map(float, found.y_thresholds_)),
    )


# --- what is too good to be true ------------------------------------------------------


def too_good(past: Past) -> list[tuple[str, float]]:
    """Features that foretell the outcome nearly by themselves: probably they are
    written after it. Each is judged by those whom it has not seen."""
    check(past)
    found = []
    for name, column in past.table.items():
        told = np.zeros(past.many)
        for others, these in fifths(past.many):
            known = {name: column[others]}
            features = learn_features(known, past.won[others], past.weight[others])
            for feature in features:
                told[these] = np.asarray(feature.lifts)[feature.bins(column[these])]
        alone = auc(past.won, told, past.weight)
        if alone >= TOO_GOOD:
            found.append((name, alone))
    return sorted(found, key=lambda each: -each[1])

"""What is learned from X Education's leads is as good as published, and no more."""

import json
import pickle
import subprocess
import sys

import numpy as np
import pytest

from apps.scoring.as_json import FORMAT, NotReadable, read, written
from apps.scoring.judge import (
    auc,
    brier,
    calibration_error,
    lifts,
    measured,
    psi,
    reliability,
)
from apps.scoring.learn import (
    FEWEST,
    OneOutcomeOnly,
    Past,
    TooFewOutcomes,
    learn,
    too_good,
)
from apps.scoring.learned import Learned
from tests.scoring.leads import WRITTEN_AFTERWARDS, leads, needs_the_leads

SPLITS = 5
KNOWN = 0.7


def made_up(many=1_200, *, seed=1, share=0.3) -> Past:
    lot = np.random.default_rng(seed)
    visits = lot.poisson(2, many).astype(float)
    city = lot.choice(["北京", "青岛", "上海", ""], many).astype(object)
    odds = (visits - 2) * 0.8 + (city == "青岛") * 1.5 + np.log(share / (1 - share))
    won = (lot.random(many) < 1 / (1 + np.exp(-odds))).astype(float)
    noise = lot.normal(size=many)
    noise[lot.random(many) < 0.2] = np.nan
    table = {"visits": visits, "city": city, "noise": noise}
    return Past(table, won, np.ones(many))


@pytest.fixture(scope="module")
def model() -> Learned:
    return learn(made_up())


@needs_the_leads
class TestPublished:
    def test_five_splits(self):
        past = leads().without(WRITTEN_AFTERWARDS)
        found = []
        for seed in range(SPLITS):
            order = np.random.default_rng(seed).permutation(past.many)
            cut = int(past.many * KNOWN)
            known, unseen = past.part(order[:cut]), past.part(order[cut:])
            model = learn(known)
            chances = model.chances(model.bins(unseen.table, unseen.many))
            told = measured(unseen.won, chances, unseen.weight)
            names = ("auc", "brier", "error")
            found.append([*(told[name] for name in names), told["lifts"][0]])
        ranks, off, error, lift = np.mean(found, axis=0)
        assert ranks >= 0.855
        assert off <= 0.147
        assert error <= 0.03
        assert lift >= 2.3

    def test_the_columns_that_leak_are_named_and_no_others(self):
        past = leads()
        named = {name for name, _auc in too_good(past)}
        assert named == {"Tags", "Convertions"}
        assert too_good(past.without(WRITTEN_AFTERWARDS)) == []


class TestLearning:
    def test_fewer_than_200_outcomes_are_refused(self):
        past = made_up(4_000, share=0.02)
        short = past.part(np.flatnonzero(np.cumsum(past.won) < FEWEST))
        assert short.won.sum() == FEWEST - 1
        with pytest.raises(TooFewOutcomes):
            learn(short)

    def test_where_all_had_the_outcome_there_is_nothing_to_tell(self):
        past = made_up()
        everybody = past.part(past.won == 1)
        with pytest.raises(OneOutcomeOnly):
            learn(everybody)

    def test_where_nothing_tells_anybody_apart_all_have_the_average(self):
        past = made_up().without(["visits", "city", "noise"])
        model = learn(past)
        chances = model.chances(model.bins({}, 3))
        assert chances == pytest.approx([past.won.mean()] * 3, abs=1e-3)

    def test_the_same_past_teaches_the_same(self, model):
        assert written(learn(made_up())) == written(model)

    def test_it_is_as_true_for_whom_it_has_not_seen(self, model):
        unseen = made_up(6_000, seed=9)
        told = measured(
            unseen.won,
            model.chances(model.bins(unseen.table, unseen.many)),
            unseen.weight,
        )
        assert told["auc"] > 0.75
        assert told["error"] < 0.06

    def test_who_stands_for_many_weighs_as_many(self):
        past = made_up(3_000)
        chosen = (past.won == 1) | (np.arange(past.many) % 4 == 0)
        some = past.part(chosen)
        weighed = Past(some.table, some.won, np.where(some.won == 1, 1.0, 4.0))
        model = learn(weighed)
        chances = model.chances(model.bins(past.table, past.many))
        assert chances.mean() == pytest.approx(past.won.mean(), abs=0.03)

    def test_a_value_never_seen_is_unknown(self, model):
        odd = {"visits": np.array([2.0]), "city": np.array(["火星"], dtype=object)}
        none = {"visits": np.array([2.0])}
        assert model.chances(model.bins(odd, 1)) == model.chances(model.bins(none, 1))


class TestKept:
    def test_what_is_kept_is_json_and_comes_back_the_same(self, model):
        past = made_up(seed=3)
        again = read(json.loads(json.dumps(written(model))))
        one, other = (
            each.chances(each.bins(past.table, past.many)) for each in (model, again)
        )
        assert (one == other).all()
        assert again.made_by.startswith("scikit-learn ")

    def test_parts_add_up_to_the_odds(self, model):
        past = made_up(50, seed=4)
        bins = model.bins(past.table, past.many)
        odds = model.odds(bins)
        for row, total in zip(bins, odds, strict=True):
            parts = sum(value for _feature, value in model.parts(row))
            assert model.base + parts == pytest.approx(total)

    @pytest.mark.parametrize(
        "spoilt",
        [
            pickle.dumps("code"),
            None,
            {},
            [],
            {"format": 2},
            {"format": 1, "features": "x"},
        ],
    )
    def test_anything_else_is_refused(self, spoilt):
        with pytest.raises(NotReadable):
            read(spoilt)

    @pytest.mark.parametrize(
        "change",
        [
            {"left": [0]},
            {"left": [9]},
            {"at": [99]},
            {"upto": [256]},
            {"value": [float("nan")]},
        ],
    )
    def test_a_tree_that_leads_astray_is_refused(self, change):
        sound = {"at": [0, -1, -1], "upto": [1, 0, 0], "left": [1, 0, 0]}
        sound |= {"right": [2, 0, 0], "value": [0.0, -1.0, 1.0]}
        body = {
            **{"format": FORMAT, "made_by": "x", "base": 0.0, "words": {}},
            "features": [{"name": "a", "edges": [1.0], "levels": [], "lifts": []}],
            "calibration": {"slope": 1, "shift": 0, "odds": [], "chances": []},
            "trees": [sound],
        }
        assert read(body).odds(np.array([[1], [2]], np.uint8)).tolist() == [-1.0, 1.0]
        spoilt = {
            name: [*change.get(name, []), *values[len(change.get(name, [])) :]]
            for name, values in sound.items()
        }
        with pytest.raises(NotReadable):
            read({**body, "trees": [spoilt]})


class TestMeasures:
    def test_by_hand(self):
        won = np.array([0, 0, 1, 1.0])
        told = np.array([0.1, 0.4, 0.35, 0.8])
        even = np.ones(4)
        assert auc(won, told, even) == 0.75
        assert auc(won, np.full(4, 0.5), even) == 0.5
        assert brier(won, told, even) == pytest.approx(0.158125)

    def test_a_weight_is_as_many_rows(self):
        lot = np.random.default_rng(0)
        won, told = (lot.random(300) < 0.3).astype(float), lot.random(300)
        weight = lot.integers(1, 4, 300)
        rows = np.repeat(np.arange(300), weight)
        for measure in (auc, brier):
            assert measure(won, told, weight) == pytest.approx(
                measure(won[rows], told[rows], np.ones(len(rows)))
            )

    def test_chances_that_are_true_are_off_by_little(self):
        lot = np.random.default_rng(0)
        told = lot.random(20_000)
        won = (lot.random(20_000) < told).astype(float)
        points = reliability(won, told, np.ones(20_000))
        assert calibration_error(points) < 0.01
        assert lifts(points)[0] == pytest.approx(1.9, abs=0.05)
        off = reliability(won, told / 2, np.ones(20_000))
        assert calibration_error(off) == pytest.approx(0.25, abs=0.01)

    def test_who_has_not_changed_has_not_drifted(self):
        before = np.array([100.0, 300.0, 600.0])
        assert psi(before, before * 3) == 0
        assert psi(before, before[::-1]) > 0.25


def test_only_whoever_trains_loads_the_library():
    """It takes more than half a second and 60 MB, of each of a dozen processes."""
    told = "import django, sys; django.setup(); print('sklearn' in sys.modules)"
    found = subprocess.run(
        [sys.executable, "-c", told], capture_output=True, text=True, check=True
    )
    assert found.stdout.split()[-1] == "False"

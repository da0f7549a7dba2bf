"""Each model shares conversions out as the published tables say, and loses none."""

import time
from collections import defaultdict
from itertools import combinations
from math import factorial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.reports.attribution import MODELS, Path, credits_of, removal_effects

HALF_LIVES = 7  # days between two touches


def path(*keys, many=0, lost=0, worth=None, days=HALF_LIVES):
    apart = tuple(days * n for n in reversed(range(len(keys))))
    worth = many if worth is None else worth
    return Path(keys=keys, days=apart, many=many, lost=lost, worth=worth)


# Puzyrov 2019, "simple explanation of removal effect"
TABLE_A = [
    path("google", many=2),
    path("mailing", many=1),
    path("google", "mailing", many=1),
    path("google", lost=1),
]
# three paths, one of which converts
TABLE_B = [
    path("C1", "C2", "C3", many=1),
    path("C1", lost=1),
    path("C2", "C3", lost=1),
]
# a worked Shapley value: shares of the exact sets
TABLE_C = [
    path("F", many=0.20),
    path("O", many=0.10),
    path("L", many=0.17),
    path("F", "O", many=0.17),
    path("F", "L", many=0.30),
    path("L", "O", many=0),
    path("F", "L", "O", many=0.06),
]


def told(paths, model):
    return {key: credit.many for key, credit in credits_of(paths, model=model).items()}


@pytest.mark.parametrize(
    ("model", "google", "mailing"),
    [
        ("first", 3, 1),
        ("last", 2, 2),
        ("linear", 2.5, 1.5),
        ("position", 2.5, 1.5),
        ("decay", 2 + 1 / 3, 1 + 2 / 3),
        ("markov", 2.4, 1.6),
    ],
)
def test_table_a(model, google, mailing):
    assert told(TABLE_A, model) == pytest.approx({"google": google, "mailing": mailing})


def test_the_effects_of_taking_away_in_table_a():
    effects = removal_effects(TABLE_A)
    assert effects == pytest.approx({"google": 0.75, "mailing": 0.5})


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("markov", (0.2, 0.4, 0.4)),
        ("position", (0.4, 0.2, 0.4)),
        ("decay", (1 / 7, 2 / 7, 4 / 7)),
        ("linear", (1 / 3, 1 / 3, 1 / 3)),
    ],
)
def test_table_b(model, expected):
    names = dict(zip(("C1", "C2", "C3"), expected, strict=True))
    assert told(TABLE_B, model) == pytest.approx(names)


def test_the_effects_of_taking_away_in_table_b():
    effects = removal_effects(TABLE_B)
    assert effects == pytest.approx({"C1": 0.5, "C2": 1, "C3": 1})


def test_table_c():
    assert told(TABLE_C, "shapley") == pytest.approx(
        {"F": 0.455, "O": 0.205, "L": 0.34}
    )


def test_of_two_touches_position_gives_half_to_each():
    assert told([path("a", "b", many=4)], "position") == {"a": 2, "b": 2}


def test_what_it_was_worth_is_shared_out_like_the_conversion():
    worth = credits_of([path("a", "b", many=1, worth=900)], model="decay")
    assert [credit.worth for credit in worth.values()] == pytest.approx([300, 600])


KEYS = st.sampled_from("abcdef")
PATHS = st.lists(
    st.builds(
        lambda keys, gaps, many, lost: Path(
            keys=tuple(keys),
            days=tuple(sum(gaps[n + 1 : len(keys)]) for n in range(len(keys))),
            many=many,
            lost=lost,
            worth=many * 10,
        ),
        st.lists(KEYS, min_size=1, max_size=6),
        st.lists(st.integers(0, 40), min_size=6, max_size=6),
        st.integers(0, 5),
        st.integers(0, 5),
    ),
    max_size=12,
)


@pytest.mark.parametrize("model", MODELS)
@settings(max_examples=60, deadline=None)
@given(paths=PATHS)
def test_no_credit_is_lost_or_made_and_names_do_not_matter(model, paths):
    found = told(paths, model)
    won = {key for path in paths if path.many for key in path.keys}

    assert all(credit >= -1e-9 for credit in found.values())
    total = sum(path.many for path in paths)
    assert sum(found.values()) == pytest.approx(total)
    assert all(abs(found[key]) < 1e-9 for key in found if key not in won)
    turned = [renamed(path) for path in paths]
    other = {ord(key): credit for key, credit in found.items()}
    assert told(turned, model) == pytest.approx(other)


def renamed(path):
    keys = tuple(map(ord, path.keys))
    return Path(
        keys=keys, days=path.days, many=path.many, worth=path.worth, lost=path.lost
    )


@settings(max_examples=40, deadline=None)
@given(paths=PATHS)
def test_the_closed_form_is_shapley_s_value(paths):
    assert told(paths, "shapley") == pytest.approx(enumerated(paths))


def enumerated(paths):
    """Shapley's value by its definition: over every set that somebody may join."""
    exact = defaultdict(float)
    for each in paths:
        exact[frozenset(each.keys)] += each.many
    players = sorted({key for each in paths for key in each.keys})

    def worth(some):
        return sum(many for keys, many in exact.items() if keys <= some)

    found = {}
    for player in players:
        others = [each for each in players if each != player]
        found[player] = sum(
            factorial(size)
            * factorial(len(players) - size - 1)
            / factorial(len(players))
            * (worth(set(some) | {player}) - worth(set(some)))
            for size in range(len(others) + 1)
            for some in combinations(others, size)
        )
    return found


def test_ten_thousand_paths_take_no_second():
    names = [f"c{n}" for n in range(100)]
    paths = [
        path(
            *(names[(n * 7 + step * (n % 13 + 1)) % 100] for step in range(n % 6 + 1)),
            many=n % 3,
            lost=n % 2,
        )
        for n in range(10_000)
    ]
    begun = time.perf_counter()
    for model in MODELS:
        told(paths, model)
    assert time.perf_counter() - begun < 1

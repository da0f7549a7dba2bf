"""Segments equal their rule (I11): what is compiled is what Python says it means."""

import random
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from apps.rules import bitmaps, facts
from apps.rules.compile import describes, found_by
from apps.rules.tree import read, told
from tests.rules.generated import Pairs, a_leaf, a_rule, pairs
from tests.rules.living import NOW, people
from tests.rules.meaning import Life, lives, meaning

RULES = 500
FEW, MANY = 600, 5_000  # contacts
FREELY: dict[str, Any] = {
    "database": None,
    "phases": [Phase.generate],  # the rule that fails is told, however long
    "deadline": None,
    "suppress_health_check": list(HealthCheck),
}
pytestmark = pytest.mark.django_db


@pytest.fixture(
    scope="module", params=[FEW, pytest.param(MANY, marks=pytest.mark.slow)]
)
def company(request, django_db_setup, django_db_blocker):
    """One company for the whole module, and a transaction that takes it back."""
    with django_db_blocker.unblock(), transaction.atomic():
        people(request.param)
        bitmaps.fold(at=NOW)
        facts.complete()
        yield lives()
        transaction.set_rollback(True)


def agrees(rule: dict[str, Any], company: dict[int, Life]) -> None:
    tree = read(rule)
    holds = meaning(tree)
    expected = {number for number, life in company.items() if holds(life)}
    for fresh in (True, False, False):  # then kept, then as it was kept
        assert set(found_by(tree, at=NOW, fresh=fresh).members) == expected, rule
    who = random.choice([*company])
    assert describes(tree, who, at=NOW) == (who in expected), rule
    assert told(read(told(tree))) == told(tree)


def test_every_operator_of_every_field_means_what_it_says(company):
    each_once = st.tuples(*(a_leaf(Pairs([pair])) for pair in pairs()))

    @settings(max_examples=3, **FREELY)
    @given(each_once)
    def each(rules: tuple[dict[str, Any], ...]) -> None:
        for rule in rules:
            agrees(rule, company)

    each()


def test_five_hundred_rules_find_whom_python_finds(company):
    @settings(max_examples=RULES, **FREELY)
    @given(a_rule(pairs()))
    def each(rule: dict[str, Any]) -> None:
        agrees(rule, company)

    each()

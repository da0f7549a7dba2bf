"""Whatever the order and however often it is told, merged and taken apart: a score is
the sum of what happened, as its rules say. The sum is made here once more, by hand."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.contacts.merge import merge
from apps.contacts.unmerge import undo
from apps.scoring.models import ScoreGroup, ScoreVersion, Standing
from apps.scoring.moved import refold, take_home
from apps.scoring.scale import Scale, only_scores
from tests import make
from tests.conftest import day
from tests.scoring.ledgers import did, heard, in_force, said

pytestmark = pytest.mark.django_db

NOW = day(28)
KINDS = ("read", "asked", "came")


class TakenBack(Exception):
    """Ends an example."""


rules = st.lists(
    st.builds(
        said,
        narrowed=st.sampled_from([{"kinds": kind} for kind in KINDS]),
        points=st.integers(-20, 40).filter(bool),
        counts=st.sampled_from(["each", "once", "daily"]),
        a_day=st.integers(1, 2),
        half_life=st.sampled_from([None, 1, 7, 30]),
        cap=st.sampled_from([None, 15, 60]),
        group=st.sampled_from(["甲", "乙"]),
        axis=st.sampled_from(["fit", "engagement"]),
    ),
    min_size=1,
    max_size=4,
)
happenings = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(KINDS), st.integers(0, 20 * 24 * 60)),
    min_size=1,
    max_size=14,
)


def by_hand(versions, events, group_caps) -> dict[str, float]:
    """Of one person: what all these come to on both axes."""
    in_group = defaultdict(float)
    for version in versions:
        mine = sorted(
            (at, number)
            for number, kind, at in events
            if kind == version.narrowed["kinds"]
        )
        if version.counts == "once":
            mine = mine[:1]
        if version.counts == "daily":
            days = defaultdict(list)
            for at, number in mine:
                days[at.astimezone(NOW.tzinfo).date()].append((at, number))
            mine = [each for one in days.values() for each in one[: version.a_day]]
        worth = 0.0
        for at, _number in mine:
            age = (NOW - at).total_seconds() / 86_400
            halves = age / version.half_life if version.half_life else 0
            worth += version.points * 0.5**halves
        if version.cap:
            worth = max(-version.cap, min(version.cap, worth))
        in_group[version.group] += worth
    found = {"fit": 0.0, "engagement": 0.0}
    for group, worth in in_group.items():
        cap = group_caps.get(group.pk)
        found[group.axis] += max(-cap, min(cap, worth)) if cap else worth
    return found


def kept(people) -> dict[int, tuple[float, float]]:
    with connection.cursor() as cursor:
        cursor.execute(only_scores(Scale.now(at=NOW)))
        scores = {pk: (fit, does) for pk, fit, does in cursor.fetchall()}
    return {who.pk: scores.get(who.pk, (0.0, 0.0)) for who in people}


def agrees(people, versions, events, caps) -> None:
    """`events` by the number of whose they are now."""
    found = kept(people)
    for who in people:
        told = by_hand(versions, events.get(who.pk, []), caps)
        assert found[who.pk] == pytest.approx(
            (told["fit"], told["engagement"]), abs=1e-9
        )
    for standing in Standing.objects.filter(contact__in=people):
        assert standing.score == standing.fit + standing.engagement


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[*HealthCheck],
    derandomize=True,
)
@given(rules=rules, told=happenings, cap=st.sampled_from([None, 25]), data=st.data())
def test_any_order_any_repetition_merged_and_taken_apart(rules, told, cap, data):
    try:
        with transaction.atomic():
            story(rules, told, cap, data)
            raise TakenBack
    except TakenBack:
        pass


def story(rules, told, cap, data) -> None:
    rules = [replace(rule, name=f"规则{n}") for n, rule in enumerate(rules)]
    made = in_force(*rules)
    ScoreGroup.objects.filter(name="甲").update(cap=cap)
    caps = dict(ScoreGroup.objects.values_list("pk", "cap"))
    versions = list(ScoreVersion.objects.in_force().select_related("group"))
    assert len(versions) == len(made)
    people = [make.contact(f"客户{n}") for n in range(3)]
    records, mine = [], defaultdict(list)
    for number, (who, kind, minutes) in enumerate(told, start=1):
        at = day(1) + timedelta(minutes=minutes)
        records.append(did(people[who], kind, at=at, number=number))
        mine[people[who].pk].append((number, kind, at))
    half = len(records) // 2
    order = data.draw(st.permutations([*records, *records[:half]]))
    first, second = order[:half], order[half:]
    for record in first:
        heard(record, at=NOW)

    winner, loser, other = people
    journal = merge(winner=winner, loser=loser, at=NOW)
    refold([winner.pk, loser.pk], at=NOW)
    heard(*second, at=NOW)
    both = {
        winner.pk: mine[winner.pk] + mine[loser.pk],
        other.pk: mine[other.pk],
    }
    agrees(people, versions, both, caps)

    undo(merge=journal, at=NOW)
    take_home([winner.pk, loser.pk], at=NOW)
    for record in data.draw(st.permutations(records)):
        heard(record, at=NOW)
    agrees(people, versions, mine, caps)

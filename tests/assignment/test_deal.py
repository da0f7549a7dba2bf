"""A week of contacts, one after the other by the minute: shares, caps, hours, dates.

Nothing is read or written here: the decision itself is looked at.
"""

import random
from collections import Counter, defaultdict
from datetime import timedelta

import pytest

from apps.assignment.deal import Deals, Hand, Lead, Strategy, Table, Turns
from apps.channels.choose import Colleague
from apps.channels.duty import local
from apps.channels.plan import read
from tests.conftest import day

WEIGHTS = {1: 1, 2: 2, 3: 3, 4: 4}
MONDAY = day(2)  # the second of March 2026


def a_table(strategy=Strategy.IN_TURN, *, people=None, **more) -> Table:
    told = {"people": people or [{"employee": n} for n in WEIGHTS], "always": True}
    slots = more.pop("plan", {})
    plan = read({**told, **slots})
    return Table(
        rules=[
            Deals(
                rule_id=1,
                name="新客",
                plan=plan,
                strategy=strategy,
                people=plan.people,
                colleagues={
                    p.employee: Colleague(
                        number=p.employee,
                        account=f"e{p.employee}",
                        name=f"{p.employee}",
                    )
                    for p in plan.people
                },
                **more,
            )
        ]
    )


def deal(table, *, at, number=1, **facts):
    return table.deal(Lead(contact_id=number, **facts), described={1}, at=at)


def a_week(lot):
    """Moments within a week, most of them by day, minute by minute."""
    start = MONDAY.replace(hour=0)
    for minute in range(7 * 24 * 60):
        at = start + timedelta(minutes=minute)
        busy = 9 <= local(at).hour < 21
        if lot.random() < (0.3 if busy else 0.05):
            yield at


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("strategy", list(Strategy))
def test_in_a_week_shares_are_within_one_of_the_weights_at_every_minute(strategy, seed):
    people = [{"employee": n, "weight": w} for n, w in WEIGHTS.items()]
    table = a_table(strategy, people=people)
    weights = WEIGHTS if strategy == Strategy.WEIGHTED else dict.fromkeys(WEIGHTS, 1)
    given: Counter = Counter()

    for number, at in enumerate(a_week(random.Random(seed)), start=1):
        given[deal(table, at=at, number=number).employee_id] += 1
        for who, weight in weights.items():
            due = number * weight / sum(weights.values())
            assert abs(given[who] - due) <= 1, (at, given)


@pytest.mark.parametrize("strategy", list(Strategy))
def test_no_cap_is_passed_at_any_minute_and_a_new_day_begins_at_midnight(strategy):
    people = [{"employee": n, "daily_cap": 3 * n} for n in WEIGHTS]
    table = a_table(strategy, people=people)
    given: dict = defaultdict(Counter)

    for at in a_week(random.Random(5)):
        dealt = deal(table, at=at)
        today = local(at).date()
        given[today][dealt.employee_id] += 1
        for who in WEIGHTS:
            assert given[today][who] <= 3 * who
        full = all(given[today][who] == 3 * who for who in WEIGHTS)
        assert full if dealt.employee_id is None else True

    assert len(given) == 7
    assert all(counts[1] == 3 for counts in given.values())


def test_whoever_has_as_many_in_hand_as_they_may_is_given_no_more():
    people = [{"employee": 1, "total_cap": 5}, {"employee": 2, "total_cap": 8}]
    table = a_table(people=people)
    table.hands = {1: Hand(many=4)}

    given = Counter(deal(table, at=day(2)).employee_id for _ in range(20))

    assert given == {1: 1, 2: 8, None: 11}


def test_in_a_week_nobody_off_duty_is_chosen_also_over_midnight_and_on_special_days():
    plan = {
        "always": False,
        "slots": [
            {
                "days": [1, 2, 3, 4, 5],
                "from": "09:00",
                "until": "18:00",
                "people": [1, 2],
            },
            {"days": [5], "from": "22:00", "until": "02:00", "people": [3]},
        ],
        "dates": [
            {"first": "2026-03-04", "from": "10:00", "until": "12:00", "people": [4]},
            {"first": "2026-03-05", "is_closed": True},
        ],
    }
    table = a_table(plan=plan)

    def on_duty(here):
        clock = (here.hour, here.minute)
        if here.day == 4:
            return {4} if (10, 0) <= clock < (12, 0) else set()
        if here.day == 5:
            return set()
        on = set()
        if here.isoweekday() <= 5 and (9, 0) <= clock < (18, 0):
            on |= {1, 2}
        if here.isoweekday() == 5 and clock >= (22, 0):
            on |= {3}
        if here.isoweekday() == 6 and clock < (2, 0):
            on |= {3}
        return on

    start = MONDAY.replace(hour=0)
    for minute in range(7 * 24 * 60):
        at = start + timedelta(minutes=minute)
        taker = deal(table, at=at).employee_id
        assert taker in (on_duty(local(at)) or {None}), local(at)


def test_the_same_as_before_comes_first_and_takes_a_turn():
    table = a_table(keeps=True)

    kept = deal(table, at=day(2), before=(3, 1))
    nxt = [deal(table, at=day(2)).employee_id for _ in range(4)]

    assert (kept.employee_id, kept.kept) == (3, True)
    assert nxt == [1, 2, 4, 3]


def test_who_had_them_before_does_not_come_first_when_off_duty_or_full():
    people = [{"employee": 1, "daily_cap": 1}, {"employee": 2, "is_off": True}]
    table = a_table(people=[*people, {"employee": 3}], keeps=True)
    deal(table, at=day(2), before=(1,))

    assert deal(table, at=day(2), before=(1,)).employee_id == 3
    assert deal(table, at=day(2), before=(2,)).employee_id == 3


def test_by_skill_only_whoever_knows_about_one_of_their_tags():
    skills = {1: frozenset({7}), 2: frozenset({8, 9})}
    table = a_table(by_skill=True, skills=skills)

    assert deal(table, at=day(2), tags=frozenset({9})).employee_id == 2
    assert deal(table, at=day(2), tags=frozenset({7})).employee_id == 1
    nobody = deal(table, at=day(2), tags=frozenset({5}))
    assert (nobody.employee_id, nobody.choice.standings) == (None, [])


def test_a_backup_takes_over_when_nobody_else_can():
    people = [{"employee": 1, "daily_cap": 1}, {"employee": 2, "is_backup": True}]
    table = a_table(people=people)

    takers = [deal(table, at=day(2)) for _ in range(3)]

    assert [d.employee_id for d in takers] == [1, 2, 2]
    assert [d.backup for d in takers] == [False, True, True]


def test_the_first_rule_that_describes_them_decides_and_no_other():
    table = a_table()
    second = a_table(people=[{"employee": 9}]).rules[0]
    second.rule_id = 2
    table.rules.append(second)

    one = table.deal(Lead(contact_id=1), described={2}, at=day(2))
    both = table.deal(Lead(contact_id=1), described={1, 2}, at=day(2))

    assert (one.employee_id, both.employee_id) == (9, 1)
    assert table.deal(Lead(contact_id=1), described=set(), at=day(2)) is None


def test_longest_idle_looks_at_what_other_rules_have_given_as_well():
    table = a_table(Strategy.LONGEST_IDLE, people=[{"employee": n} for n in (1, 2)])
    table.hands = {1: Hand(many=1, last=5), 2: Hand(many=9, last=2)}
    table.last = 5

    takers = [deal(table, at=day(2)).employee_id for _ in range(3)]

    assert takers == [2, 1, 2]


def test_least_in_hand_evens_out_what_everybody_holds():
    table = a_table(Strategy.LEAST_OPEN, people=[{"employee": n} for n in (1, 2)])
    table.hands = {1: Hand(many=4), 2: Hand(many=1)}

    assert [deal(table, at=day(2)).employee_id for _ in range(5)] == [2, 2, 2, 1, 2]
    assert table.rules[0].taken[2] == Turns(today=4, given=4, number=5)

"""Contacts are dealt out to employees: the decision alone, which reads nothing.

Rules are asked in order; the first that describes a contact decides. Among a rule's
people those are passed over who left, may not have customers, are paused or off duty,
or have reached a cap: the decision of channels/choose.py, which knows why of each. Of
those who remain whoever had the contact before comes first, where the rule keeps; or
else the strategy says. Whoever is chosen is counted before the next is dealt, so one
cap holds however many come at once. A simulation deals by the same function.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from apps.assignment.models import AssignmentRule
from apps.channels.choose import (
    Choice,
    Colleague,
    Count,
    decide,
    first_of,
    owed_after,
)
from apps.channels.duty import local
from apps.channels.plan import Person, Plan, Rotation

Strategy = AssignmentRule.Strategy
MOST_OWED = 1_000_000
ROTATIONS = {
    Strategy.IN_TURN: Rotation.IN_TURN,
    Strategy.WEIGHTED: Rotation.WEIGHTED,
    Strategy.LEAST_OPEN: Rotation.LEAST_BUSY,
    Strategy.LONGEST_IDLE: Rotation.IN_TURN,
}


@dataclass(frozen=True, kw_only=True)
class Lead:
    """A contact who is to be dealt out; `before` are those who had them, the last
    first, `tags` what they carry."""

    contact_id: int
    owner_id: int | None = None
    before: tuple[int, ...] = ()
    tags: frozenset[int] = frozenset()


@dataclass(kw_only=True)
class Hand:
    """What an employee holds, by all rules; `last` counts up with each contact given to
    anybody."""

    many: int = 0
    last: int = 0


@dataclass(kw_only=True)
class Turns:
    """What a rule has given an employee: today, ever, and what its weights owe."""

    today: int = 0
    given: int = 0
    number: int = 0
    credit: int = 0


@dataclass(kw_only=True)
class Deals:
    """A rule with its people, and what it has given them so far."""

    rule_id: int
    name: str
    plan: Plan
    strategy: Strategy
    people: tuple[Person, ...]
    colleagues: Mapping[int, Colleague]
    keeps: bool = False
    by_skill: bool = False
    skills: Mapping[int, frozenset[int]] = field(default_factory=dict)
    pool_id: int | None = None
    turns: int = 0
    taken: dict[int, Turns] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)
    day: date | None = None

    def begin_day(self, day: date) -> None:
        """A new day: nobody has been given anybody."""
        if self.day not in (None, day):
            for turns in self.taken.values():
                turns.today = 0
        self.day = day

    def counts(self, hands: Mapping[int, Hand]) -> dict[int, Count]:
        found = {}
        for person in self.people:
            turns = self.taken.get(person.employee, Turns())
            hand = hands.get(person.employee, Hand())
            idle = self.strategy == Strategy.LONGEST_IDLE
            found[person.employee] = Count(
                today=turns.today,
                given=hand.many,
                number=hand.last if idle else turns.number,
                credit=turns.credit,
                busy=hand.many,
            )
        return found


@dataclass(frozen=True, kw_only=True)
class Dealt:
    """Who is given a contact by which rule; nobody: they go to a pool. `choice` tells
    of each of the rule's people how they stand."""

    rule: Deals | None = None
    employee_id: int | None = None
    kept: bool = False
    backup: bool = False
    choice: Choice = field(default_factory=Choice)


@dataclass(kw_only=True)
class Table:
    """All rules in their order, and all hands."""

    rules: list[Deals]
    hands: dict[int, Hand] = field(default_factory=dict)
    last: int = 0

    def deal(
        self, lead: Lead, *, described: Collection[int], at: datetime
    ) -> Dealt | None:
        """`described` are the rules whose conditions hold; None: no rule speaks of
        them."""
        rule = next((r for r in self.rules if r.rule_id in described), None)
        if rule is None:
            return None
        rule.begin_day(local(at).date())
        counts = rule.counts(self.hands)
        rotation = ROTATIONS[rule.strategy]
        choice = decide(
            replace(rule.plan, rotation=rotation),
            skilled(rule, lead),
            colleagues=rule.colleagues,
            counts=counts,
            at=at,
        )
        pool = list(choice.pool)
        if not pool:
            return Dealt(rule=rule, choice=choice)
        kept = had_before(lead, pool) if rule.keeps else None
        [taker] = [kept] if kept else first_of(rotation, pool, counts)
        self.count(rule, taker.employee, pool=pool, counts=counts)
        return Dealt(
            rule=rule,
            employee_id=taker.employee,
            kept=kept is not None,
            backup=choice.by_backups,
            choice=choice,
        )

    def count(
        self,
        rule: Deals,
        taker: int,
        *,
        pool: Iterable[Person],
        counts: Mapping[int, Count],
    ) -> None:
        self.last += 1
        hand = self.hands.setdefault(taker, Hand())
        hand.many += 1
        hand.last = self.last
        rule.turns += 1
        turns = rule.taken.setdefault(taker, Turns())
        turns.today += 1
        turns.given += 1
        turns.number = rule.turns
        rule.touched.add(taker)
        if rule.strategy != Strategy.WEIGHTED:
            return
        for employee, credit in owed_after(pool, taken_by=taker, counts=counts).items():
            owed = max(-MOST_OWED, min(MOST_OWED, credit))
            rule.taken.setdefault(employee, Turns()).credit = owed
            rule.touched.add(employee)


def skilled(rule: Deals, lead: Lead) -> list[Person]:
    """Whoever knows about one of the contact's tags, where the rule asks for it."""
    if not rule.by_skill:
        return list(rule.people)
    return [
        person
        for person in rule.people
        if rule.skills.get(person.employee, frozenset()) & lead.tags
    ]


def had_before(lead: Lead, pool: Iterable[Person]) -> Person | None:
    """The last who looked after them, or whoever was added."""
    by_number = {person.employee: person for person in pool}
    for number in (*lead.before, lead.owner_id):
        if number in by_number:
            return by_number[number]
    return None

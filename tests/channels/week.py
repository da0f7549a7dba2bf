"""A week of adds at one code, played minute by minute with the code's own decisions.

WeCom is played as it behaves: it gives each who scans to one of those whom it holds, by
chance, and hears of a change only after a while. Who is on duty is told by a table of
the test, not by the product.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from apps.channels.choose import Choice, Colleague, Count, decide, owed_after
from apps.channels.duty import local, next_boundary
from apps.channels.plan import Rotation, read
from tests.conftest import day

MINUTES = 7 * 24 * 60
START = day(2, hour=0)  # a Monday in March 2026
Quick = Callable[[datetime], float]  # adds in the minute that begins then


@dataclass
class Given:
    at: datetime
    who: int
    over: bool  # a cap of theirs was reached
    flight: int  # adds since WeCom was asked for what it does not hold yet


@dataclass
class Week:
    plan: dict[str, Any]
    adds: Quick
    lag: timedelta = timedelta(0)  # until WeCom holds what it was asked for
    seed: int = 1
    given: list[Given] = field(default_factory=list)
    holds: list[tuple[datetime, tuple[int, ...]]] = field(default_factory=list)

    def play(self) -> "Week":
        self.read = read(self.plan)
        self.people = list(self.read.people)
        self.colleagues = {
            p.employee: Colleague(number=p.employee, account=f"e{p.employee}", name="")
            for p in self.people
        }
        self.by_account = {c.account: n for n, c in self.colleagues.items()}
        self.today: dict[date, Counter[int]] = defaultdict(Counter)
        self.all: Counter[int] = Counter()
        self.last: Counter[int] = Counter()
        self.credit: Counter[int] = Counter()
        self.held: tuple[int, ...] = ()
        self.wanted: tuple[int, ...] = ()
        self.waiting: list[tuple[datetime, tuple[int, ...]]] = []
        self.in_flight = 0
        chance = random.Random(self.seed)
        look_at = START
        for number in range(MINUTES):
            minute = START + timedelta(minutes=number)
            if minute >= look_at:
                look_at = self.look(minute)
            many = self.adds(minute)
            many = int(many) + (chance.random() < many % 1)
            for second in sorted(chance.uniform(0, 60) for _ in range(many)):
                self.come(minute + timedelta(seconds=second), chance)
        return self

    def look(self, at: datetime) -> datetime:
        users = tuple(self.by_account[one] for one in self.choice(at).users)
        if users and users != self.wanted:
            self.wanted = users
            self.waiting.append((at + self.lag, users))
        return next_boundary(self.read, at)

    def come(self, at: datetime, chance: random.Random) -> None:
        while self.waiting and self.waiting[0][0] <= at:
            told_at, self.held = self.waiting.pop(0)
            self.holds.append((told_at, self.held))
            self.in_flight = 0
        who = chance.choice(self.held or self.wanted)
        before = self.choice(at)
        over = who not in {p.employee for p in before.pool} and self.is_capped(who, at)
        self.in_flight += bool(self.waiting)
        self.given.append(Given(at=at, who=who, over=over, flight=self.in_flight))
        self.count(who, at, before)
        self.look(at)

    def count(self, who: int, at: datetime, before: Choice) -> None:
        if self.read.rotation == Rotation.WEIGHTED:
            owed = owed_after(before.pool, taken_by=who, counts=self.counts(at))
            self.credit.update({n: c - self.credit[n] for n, c in owed.items()})
        self.today[local(at).date()][who] += 1
        self.all[who] += 1
        self.last[who] = sum(self.all.values())

    def choice(self, at: datetime) -> Choice:
        return decide(
            self.read,
            self.people,
            colleagues=self.colleagues,
            counts=self.counts(at),
            at=at,
        )

    def counts(self, at: datetime) -> dict[int, Count]:
        today = self.today[local(at).date()]
        return {
            person.employee: Count(
                today=today[person.employee],
                given=self.all[person.employee],
                number=self.last[person.employee],
                credit=self.credit[person.employee],
                busy=today[person.employee],
            )
            for person in self.people
        }

    def is_capped(self, who: int, at: datetime) -> bool:
        cap = self.plan.get("each_daily_cap")
        return cap is not None and self.today[local(at).date()][who] >= cap

    def by_day(self) -> dict[tuple[date, int], list[Given]]:
        found: dict[tuple[date, int], list[Given]] = defaultdict(list)
        for one in self.given:
            found[local(one.at).date(), one.who].append(one)
        return found

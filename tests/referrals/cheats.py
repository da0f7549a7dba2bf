"""Honest participants, and six kinds of cheats at several strengths, by chance.

It knows nothing of how cheats are looked for. `strength` runs from 0 to 1: how much of
what an inviter brings is made up, and how little trouble was taken to hide it.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.conftest import day

KINDS = ("farm", "devices", "quitters", "ring", "second_selves", "sleeper")
STRENGTHS = (0.25, 0.5, 1.0)
BEGIN = day(1)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


@dataclass
class Friend:
    """Somebody who came by an invite."""

    at: datetime
    left_at: datetime | None = None
    device: str = ""
    address: str = ""
    in_ring: bool = False


@dataclass
class Inviter:
    """Who brought whom; `cheat` names what they do, and how much of it."""

    friends: list[Friend]
    device: str
    address: str
    silent_days: int | None = None
    cheat: str = ""
    strength: float = 0.0
    made_up: list[int] = field(default_factory=list)


class World:
    """All of it by one seed."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.number = 0

    def new(self, what: str) -> str:
        self.number += 1
        return f"{what}{self.number}"

    def honest(self, many: int) -> Iterator[Inviter]:
        for _each in range(many):
            yield self.inviter(self.how_many())

    def how_many(self) -> int:
        """Most bring a few, some very many."""
        return min(int(self.chance.paretovariate(1.1)), 120)

    def inviter(self, many: int) -> Inviter:
        chance = self.chance
        me = Inviter([], self.new("device"), self.new("address"))
        if chance.random() < 0.6:  # a customer since long ago
            me.silent_days = int(chance.expovariate(1 / 60))
        start = BEGIN + chance.random() * 10 * 24 * HOUR
        me.friends = sorted(
            (self.friend(me, at) for at in self.moments(start, many)),
            key=lambda friend: friend.at,
        )
        return me

    def moments(self, start: datetime, many: int) -> Iterator[datetime]:
        """One by one over days; now and then a chat group brings several."""
        at, left = start, many
        while left > 0:
            at += self.chance.lognormvariate(1.0, 1.3) * HOUR
            together = 1
            if self.chance.random() < 0.12:
                together = min(left, self.chance.randint(2, 6))
            for _each in range(together):
                spread = self.chance.expovariate(1 / 12) if together > 1 else 0.0
                yield at + spread * MINUTE
            left -= together

    def friend(self, of: Inviter, at: datetime) -> Friend:
        chance = self.chance
        made = Friend(at, device=self.new("device"), address=self.new("address"))
        if chance.random() < 0.06:  # at home or in the office
            made.address = of.address
        if of.friends and chance.random() < 0.05:
            made.address = chance.choice(of.friends).address
        if chance.random() < 0.006:  # grandmother's phone
            made.device = of.device
        if chance.random() < 0.15:
            made.left_at = at + chance.expovariate(1 / 90) * HOUR
        return made

    # -- cheats ------------------------------------------------------------------------

    def cheats(self, each: int) -> Iterator[Inviter]:
        for kind in KINDS:
            for strength in STRENGTHS:
                for _time in range(each):
                    me = self.inviter(self.chance.randint(1, 6))
                    me.cheat, me.strength = kind, strength
                    getattr(self, kind)(me, strength)
                    me.friends.sort(key=lambda friend: friend.at)
                    yield me

    def add(self, me: Inviter, at: datetime) -> Friend:
        made = self.friend(me, at)
        me.friends.append(made)
        return made

    def farm(self, me: Inviter, strength: float) -> None:
        """A program adds one account after the other, the faster the stronger."""
        pause = {0.25: 90.0, 0.5: 45.0, 1.0: 4.0}[strength]
        uneven = {0.25: 1.0, 0.5: 0.5, 1.0: 0.1}[strength]
        at = BEGIN + 240 * HOUR
        for _each in range(int(8 + 40 * strength)):
            at += timedelta(seconds=pause * (1 + self.chance.uniform(-uneven, uneven)))
            self.add(me, at)

    def devices(self, me: Inviter, strength: float) -> None:
        """Many accounts on few phones behind one address."""
        phones = [self.new("device") for _each in range(4)]
        where = self.new("address")
        share = {0.25: 0.25, 0.5: 0.5, 1.0: 0.95}[strength]
        for at in self.moments(BEGIN + 200 * HOUR, int(6 + 24 * strength)):
            friend = self.add(me, at)
            if self.chance.random() < share:
                friend.device, friend.address = self.chance.choice(phones), where

    def quitters(self, me: Inviter, strength: float) -> None:
        """Paid for adding; they leave within hours."""
        for at in self.moments(BEGIN + 200 * HOUR, int(6 + 20 * strength)):
            friend = self.add(me, at)
            if self.chance.random() < 0.2 + 0.75 * strength:
                friend.left_at = at + self.chance.uniform(0.2, 20) * HOUR

    def ring(self, me: Inviter, strength: float) -> None:
        """The circle closes at them; the weaker, the more of the chain is not seen."""
        for number, at in enumerate(self.moments(BEGIN + 200 * HOUR, 3)):
            friend = self.add(me, at)
            friend.in_ring = number == 0 and self.chance.random() < 0.4 + 0.6 * strength

    def second_selves(self, me: Inviter, strength: float) -> None:
        """Further accounts of their own, on their own phone unless they take care."""
        for at in self.moments(BEGIN + 200 * HOUR, int(2 + 6 * strength)):
            friend = self.add(me, at)
            if self.chance.random() < strength:
                friend.device = me.device
            friend.address = me.address

    def sleeper(self, me: Inviter, strength: float) -> None:
        """An account that was bought wakes up and brings many in a day."""
        me.silent_days = int(60 + 300 * strength)
        me.friends.clear()
        at = BEGIN + 240 * HOUR
        for _each in range(int(4 + 16 * strength)):
            at += self.chance.expovariate(1 / 40) * MINUTE
            self.add(me, at)

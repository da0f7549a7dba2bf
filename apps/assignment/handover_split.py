"""Who gets whom, before anything is sent: the same question has the same answer.

* Whoever knows a taker already goes to them: no new friendship has to be made.
* The others go to whoever has been given fewest so far (`even`), or would have fewest
  contacts in all (`load`); among colleagues of the giver's department as long as they
  have room (`near`); among those who take one of the contact's tags, or else those who
  take everybody (`tag`); the best first, so that each gets as many of them (`worth`).
* Nobody is offered to a taker who was tried already, and nobody gets more than they
  take at most. For whom nobody is left is told.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apps.assignment.handover_models import Handover

Rule = Handover.Rule
NOBODY: frozenset[int] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Taker:
    """A colleague: how many contacts they have, take at most, and with which tags."""

    employee: int
    has: int = 0
    most: int | None = None
    is_near: bool = False
    tags: frozenset[int] = NOBODY


@dataclass(frozen=True, kw_only=True)
class Thing:
    """A contact or a group that waits; `knows` are takers who know them already."""

    number: int
    knows: frozenset[int] = NOBODY
    tried: frozenset[int] = NOBODY
    tags: frozenset[int] = NOBODY
    worth: int = 0


@dataclass(kw_only=True)
class Split:
    """Things by number, each with its taker; those whom nobody can take."""

    given: dict[int, int] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)


def split(
    things: Iterable[Thing],
    takers: Sequence[Taker],
    *,
    rule: str,
    before: Counter[int] | None = None,
) -> Split:
    """`before` counts what was given by the same handover already."""
    counts: Counter[int] = Counter(before or {})
    found = Split()
    place = {taker.employee: number for number, taker in enumerate(takers)}
    rest: list[Thing] = []

    def load(taker: Taker) -> tuple[int, int]:
        given = counts[taker.employee]
        return (taker.has if rule == Rule.LOAD else 0) + given, place[taker.employee]

    def take(thing: Thing, among: list[Taker]) -> None:
        chosen = min(among, key=load)
        counts[chosen.employee] += 1
        found.given[thing.number] = chosen.employee

    def free(thing: Thing) -> list[Taker]:
        return [
            taker
            for taker in takers
            if taker.employee not in thing.tried
            and (taker.most is None or counts[taker.employee] < taker.most)
        ]

    for thing in sorted(things, key=lambda each: (-each.worth, each.number)):
        friends = [taker for taker in free(thing) if taker.employee in thing.knows]
        if friends:
            take(thing, friends)
        else:
            rest.append(thing)
    for thing in rest:
        if among := preferred(thing, free(thing), rule=rule):
            take(thing, among)
        else:
            found.left.append(thing.number)
    return found


def preferred(thing: Thing, free: list[Taker], *, rule: str) -> list[Taker]:
    """Among whom this one is dealt."""
    if rule == Rule.NEAR:
        return [taker for taker in free if taker.is_near] or free
    if rule == Rule.TAG:
        fitting = [taker for taker in free if taker.tags & thing.tags]
        return fitting or [taker for taker in free if not taker.tags] or free
    return free

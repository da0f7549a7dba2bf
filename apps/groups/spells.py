"""When somebody was in a group chat, told from what was heard and read.

Joining is read from WeCom's list of members, to the second; leaving is heard, or
concluded when the list no longer names the member. As for follows, the spells are not
edited as news comes in: they are taken apart into the facts they hold, the new facts
are added, and the spells are told again, so that order does not matter.

* A spell runs from joining to the next end.
* A second joining with no end between them: the end was lost, and is inferred there.
* Leaving without having joined: the joining is not known yet; the end is kept as a
  spell of no length, and a joining that is read later completes it.
* That the list no longer names somebody holds until the true end is heard. That, and
  the dismissal of the group, ends only what is open.
* When both carry the same second: what was open ends first, what was not open begins
  first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

from apps.contacts.retell import LAG
from apps.groups.models import Stay

LeftBy = Stay.LeftBy
OF_THEMSELVES = (LeftBy.SELF, LeftBy.REMOVED)  # heard of this member by name


@dataclass(frozen=True, kw_only=True)
class Joined:
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Left:
    at: datetime
    by: str


Fact = Joined | Left


@dataclass(frozen=True, kw_only=True)
class Spell:
    """`left_by` is empty while it lasts, and when its end is only inferred."""

    joined_at: datetime
    start_known: bool = True
    left_at: datetime | None = None
    left_by: str = ""

    def ended(self, at: datetime, by: str = "") -> "Spell":
        return replace(self, left_at=at, left_by=by)


def facts_of(spells: Iterable[Spell]) -> set[Fact]:
    """What they hold that was heard, read or concluded; never what was inferred."""
    facts: set[Fact] = set()
    for spell in spells:
        if spell.start_known:
            facts.add(Joined(at=spell.joined_at))
        if spell.left_at and spell.left_by:
            facts.add(Left(at=spell.left_at, by=spell.left_by))
    return facts


def spells_of(facts: Iterable[Fact]) -> list[Spell]:
    """The spells that these facts tell, oldest first."""
    told: list[Spell] = []
    current: Spell | None = None
    concluded: Left | None = None
    for at, group in groupby(sorted(set(facts), key=by_moment), key=by_moment):
        same = list(group)
        left = end_among(same, OF_THEMSELVES)
        if current and left:
            told.append(current.ended(at, left.by))
            current = concluded = left = None
        if any(isinstance(fact, Joined) for fact in same):
            if current:
                told.append(finished(current, concluded, at=at))
            current, concluded = Spell(joined_at=at), None
        if left:
            alone = Spell(joined_at=at, start_known=False)
            told.append((current or alone).ended(at, left.by))
            current = None
        if current and (dismissed := end_among(same, [LeftBy.DISMISSED])):
            told.append(current.ended(at, dismissed.by))
            current = concluded = None
        if current and current.joined_at < at and concluded is None:
            concluded = end_among(same, [LeftBy.GONE])
    if current:
        told.append(current.ended(concluded.at, concluded.by) if concluded else current)
    return told


def by_moment(fact: Fact) -> datetime:
    return fact.at


def end_among(facts: Iterable[Fact], kinds: Iterable[str]) -> Left | None:
    ends = [fact for fact in facts if isinstance(fact, Left) and fact.by in kinds]
    return min(ends, key=lambda end: end.by, default=None)


def finished(spell: Spell, concluded: Left | None, *, at: datetime) -> Spell:
    """A spell whose end was not heard before they joined again."""
    return spell.ended(concluded.at, concluded.by) if concluded else spell.ended(at)


# --- what a list of members tells ----------------------------------------------------


def after_being_listed(
    spells: list[Spell], *, joined_at: datetime, read_at: datetime
) -> list[Spell]:
    """WeCom lists the member, since `joined_at`."""
    facts = {
        fact
        for fact in facts_of(spells) | {Joined(at=joined_at)}
        if isinstance(fact, Left) or fact.at <= joined_at
    }
    told = spells_of(facts)
    ended_at = told[-1].left_at
    if ended_at is None or read_at <= ended_at + LAG:
        return told
    # Listed long after every end that we know of: there was none.
    told = spells_of(without_ends(facts, after=joined_at))
    if told[-1].left_at:
        told = spells_of(without_ends(facts, after=joined_at - timedelta(seconds=1)))
    return told


def without_ends(facts: Iterable[Fact], *, after: datetime) -> set[Fact]:
    return {fact for fact in facts if isinstance(fact, Joined) or fact.at <= after}


def after_being_unlisted(spells: list[Spell], *, read_at: datetime) -> list[Spell]:
    """WeCom lists the member no more, unless they joined too lately to be listed."""
    latest = spells[-1] if spells else None
    if latest is None or latest.left_at or latest.joined_at >= read_at - LAG:
        return spells
    return spells_of(facts_of(spells) | {Left(at=read_at, by=LeftBy.GONE)})


def after_an_end(spells: list[Spell], *, at: datetime, by: str) -> list[Spell]:
    return spells_of(facts_of(spells) | {Left(at=at, by=by)})

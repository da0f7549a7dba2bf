"""When an employee and a contact were connected, told from what was heard.

News comes late, twice, out of order or not at all. So the spells of a pair are not
edited as news comes in: they are taken apart into the facts they hold, the new facts
are added, and the spells are told again. The result depends on the set of facts, not
on their order.

* A spell runs from a beginning to the next end.
* Two beginnings with no end between them: an end was lost, and is inferred at the
  second beginning. Within a few seconds of each other they are the same beginning
  (WeCom's createtime and its callback's CreateTime need not agree).
* A beginning that waits for confirmation is confirmed by the next one.
* An end that closes nothing: its beginning is not known yet; it is kept as a spell of
  no length, and a beginning heard later completes it.
* An end that we only concluded (WeCom no longer lists the pair) holds until the true
  one is heard, and closes nothing by itself.
* When both carry the same second: what was open ends first, what was not open begins
  first.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

SAME_BEGINNING = timedelta(seconds=5)


@dataclass(frozen=True, kw_only=True)
class Began:
    at: datetime
    confirmed: bool = True


@dataclass(frozen=True, kw_only=True)
class Ended:
    at: datetime
    by: str
    known: bool = True


Fact = Began | Ended


@dataclass(frozen=True, kw_only=True)
class Spell:
    """`ended_by` is empty while it lasts, and when its end is only inferred."""

    started_at: datetime
    start_known: bool = True
    confirmed_at: datetime | None = None
    ended_at: datetime | None = None
    end_known: bool = True
    ended_by: str = ""


def facts_of(spell: Spell) -> list[Fact]:
    """What a spell holds that was heard or concluded; never what was inferred."""
    facts: list[Fact] = []
    if spell.start_known:
        at_once = spell.confirmed_at == spell.started_at
        facts.append(Began(at=spell.started_at, confirmed=at_once))
        if spell.confirmed_at and not at_once:
            facts.append(Began(at=spell.confirmed_at))
    if spell.ended_at and spell.ended_by:
        facts.append(Ended(at=spell.ended_at, by=spell.ended_by, known=spell.end_known))
    return facts


def spells_of(facts: Iterable[Fact]) -> list[Spell]:
    """The spells that these facts tell, oldest first."""
    ordered = sorted(set(facts), key=lambda fact: fact.at)
    told: list[Spell] = []
    current: Spell | None = None
    concluded: Ended | None = None

    def close(spell: Spell, end: Ended | None, *, next_start: datetime) -> Spell:
        if end is not None:
            return replace(spell, ended_at=end.at, ended_by=end.by, end_known=end.known)
        return replace(spell, ended_at=next_start, end_known=False)

    for at, group in groupby(ordered, key=lambda fact: fact.at):
        same = list(group)
        beginnings = [f for f in same if isinstance(f, Began)]
        ends = sorted(
            (f for f in same if isinstance(f, Ended) and f.known), key=lambda f: f.by
        )
        guesses = sorted(
            (f for f in same if isinstance(f, Ended) and not f.known),
            key=lambda f: f.by,
        )
        begun = None
        if beginnings:
            begun = Began(at=at, confirmed=any(b.confirmed for b in beginnings))
        if current is not None and ends:
            told.append(close(current, ends[0], next_start=at))
            current = concluded = None
            ends = []
        if begun is not None:
            if current is None:
                current = started(begun)
            elif continues(current, begun) and concluded is None:
                if begun.confirmed and current.confirmed_at is None:
                    current = replace(current, confirmed_at=at)
            else:
                told.append(close(current, concluded, next_start=at))
                current, concluded = started(begun), None
        if ends:
            if current is not None:
                told.append(close(current, ends[0], next_start=at))
                current = concluded = None
            else:
                told.append(
                    Spell(
                        started_at=at,
                        start_known=False,
                        ended_at=at,
                        ended_by=ends[0].by,
                    )
                )
        if guesses and current is not None and concluded is None:
            concluded = guesses[0]
    if current is not None:
        told.append(close(current, concluded, next_start=at) if concluded else current)
    return told


def started(begun: Began) -> Spell:
    return Spell(
        started_at=begun.at, confirmed_at=begun.at if begun.confirmed else None
    )


def continues(spell: Spell, begun: Began) -> bool:
    """Is this the beginning we know already, or its confirmation?"""
    if spell.confirmed_at is None and begun.confirmed:
        return True
    return begun.at - (spell.confirmed_at or spell.started_at) <= SAME_BEGINNING

"""What the steps of a pull have in common: a page of rows, and a difference.

A step is a module (staff, tags, contacts, leavers, groups, lists, audit) with

    NAME                                  the step's name
    PASSED_OVER                           errcodes at which one key is left out
    plan(pull) -> list[list[str]]         the keys of each chain; reads WeCom
    fetch(keys=, cursor=) -> Page         the next page of a chain; reads WeCom
    whole_of(key) -> str                  the whole that a key lists completely
    compare(rows) -> list[Found]          what differs; reads our database
    merge(rows, source=, at=) -> Tally    the domain call, in the caller's transaction
    sightings(rows) -> [(whole, item)]    what the page proves to exist
    held(whole) -> int                    how many items we hold of a whole
    missing(whole, seen, before=) -> list items held since `before` and not seen
    gone(whole, items) -> list[Found]     those, as differences
    end(whole, items, source=, at=)       the domain call for those that are gone

and perhaps with

    doubts(seen, before=) -> chains       a second round, after what the first has seen
    were_read(wholes, at=)                notes which wholes were read completely

`plan` and `fetch` run in threads and touch no table of ours but the wire's; the
others never read WeCom.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from apps.sync.models import Difference


@dataclass(frozen=True, kw_only=True)
class Page:
    """Rows as our own words say them; `next_cursor` is empty at the end."""

    rows: list[Any]
    next_cursor: str = ""
    calls: int = 1


@dataclass(kw_only=True)
class Tally:
    """What one merge changed."""

    read: int = 0
    new: int = 0
    different: int = 0
    gone: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            read=self.read + other.read,
            new=self.new + other.new,
            different=self.different + other.different,
            gone=self.gone + other.gone,
        )


BETWEEN = " · "  # the two of whom a difference is: an employee and a contact, …


def subject_of(*parts: str) -> str:
    return BETWEEN.join(filter(None, parts))


def pair_of(subject: str) -> tuple[str, str]:
    """The two again; of one alone the second is empty."""
    first, _between, second = subject.partition(BETWEEN)
    return first, second


@dataclass(frozen=True, kw_only=True)
class Found:
    """A difference before it is kept. `thing` is a model's name in lower case."""

    thing: str
    kind: str
    subject: str
    field: str = ""
    ours: str = ""
    theirs: str = ""
    contact_id: int | None = None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One thing on both sides, field by field; None where it does not exist."""

    thing: str
    subject: str
    ours: dict[str, Any] | None
    theirs: dict[str, Any] | None
    contact_id: int | None = field(default=None)


def differences(pairs: Iterable[Compared]) -> list[Found]:
    """Every field that differs; a thing that is missing is one difference."""
    found = []
    for pair in pairs:
        if pair.ours is None or pair.theirs is None:
            kind = Difference.Kind.MISSING_HERE
            if pair.theirs is None:
                kind = Difference.Kind.MISSING_THERE
            found.append(of(pair, kind=kind))
            continue
        found.extend(
            of(
                pair,
                kind=Difference.Kind.DIFFERENT,
                field=name,
                ours=shown(pair.ours.get(name)),
                theirs=shown(theirs),
            )
            for name, theirs in pair.theirs.items()
            if pair.ours.get(name) != theirs
        )
    return found


def of(pair: Compared, *, kind: str, **told: str) -> Found:
    return Found(
        thing=pair.thing,
        kind=kind,
        subject=pair.subject[:200],
        contact_id=pair.contact_id,
        **told,
    )


def shown(value: Any) -> str:
    """A value in a report; lists joined, nothing as the empty string."""
    if value is None:
        return ""
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(sorted(map(str, value)))
    return str(value)[:500]

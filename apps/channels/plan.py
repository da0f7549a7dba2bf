"""What somebody plans for a code: who stands at the door, when, and how many they take.

A plan is JSON that a form wrote. `read` makes it a Plan, or refuses it with a sentence
for each field that makes no sense. Slots are half-open, in the corp's zone. One that
ends at or before its beginning goes on after midnight, and is split there: what lies
beyond belongs to the next day. On a special date the week is not asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.common.problems import Problem

DAY = 24 * 60  # minutes
LONGEST_REMARK = 20  # characters, as WeCom keeps it
MOST_ROWS = 200
MOST_TAGS = 20
LARGEST = 1_000_000


class Rotation(StrEnum):
    IN_TURN = "in_turn"
    WEIGHTED = "weighted"
    RANDOM = "random"
    LEAST_BUSY = "least_busy"


class Verify(StrEnum):
    """Does the employee confirm each new friend?"""

    SKIP = "skip"
    ASK = "ask"
    WINDOW = "window"  # skipped between two times of the day


class NotAPlan(Refused):
    """The code cannot be used like this."""

    code = "not_a_plan"

    def __init__(self, problems: Iterable[Problem]) -> None:
        super().__init__()
        self.problems = list(problems)

    def __str__(self) -> str:
        return " ".join(problem.why for problem in self.problems)


@dataclass(frozen=True, kw_only=True)
class Person:
    """One employee at the door."""

    employee: int
    weight: int = 1
    daily_cap: int | None = None
    total_cap: int | None = None
    is_backup: bool = False
    is_off: bool = False


@dataclass(frozen=True, kw_only=True)
class Slot:
    """Minutes of a day, `until` not included. `people` empty: everybody."""

    start: int
    until: int
    people: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()  # 1 is Monday
    first: date | None = None  # a special date, or a span of them
    last: date | None = None
    is_closed: bool = False  # nobody but the backups, the whole day

    @property
    def is_special(self) -> bool:
        return self.first is not None

    def covers(self, day: date) -> bool:
        assert self.first is not None
        return self.first <= day <= (self.last or self.first)

    @property
    def pieces(self) -> Iterator[tuple[int, int, int]]:
        """Split at midnight: how many days later, from, until."""
        if self.until > self.start:
            yield 0, self.start, self.until
            return
        yield 0, self.start, DAY
        if self.until:
            yield 1, 0, self.until


@dataclass(frozen=True, kw_only=True)
class Plan:
    people: tuple[Person, ...] = ()
    departments: tuple[int, ...] = ()
    rotation: Rotation = Rotation.IN_TURN
    slots: tuple[Slot, ...] = ()  # none of the week: always
    daily_cap: int | None = None
    total_cap: int | None = None
    each_daily_cap: int | None = None
    verify: Verify = Verify.SKIP
    skip_from: int = 0
    skip_until: int = 0
    is_exclusive: bool = False
    tags: tuple[int, ...] = ()
    remark: str = ""
    welcome: int | None = None  # 0: none at all
    week: tuple[Slot, ...] = field(init=False)
    specials: tuple[Slot, ...] = field(init=False)

    def __post_init__(self) -> None:
        week = tuple(slot for slot in self.slots if not slot.is_special)
        specials = tuple(slot for slot in self.slots if slot.is_special)
        object.__setattr__(self, "week", week)
        object.__setattr__(self, "specials", specials)


def read(told: Any) -> Plan:
    """Raises NotAPlan with everything that is wrong with its form."""
    reader = Reader(told if isinstance(told, dict) else {})
    plan = reader.plan()
    if reader.problems:
        raise NotAPlan(reader.problems)
    return plan


class Reader:
    """Reads field by field, and remembers what made no sense."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.told = told
        self.problems: list[Problem] = []

    def plan(self) -> Plan:
        return Plan(
            people=tuple(self.people()),
            departments=tuple(self.numbers("departments", self.told)),
            rotation=self.choice("rotation", Rotation, Rotation.IN_TURN),
            slots=tuple(self.slots()),
            daily_cap=self.cap("daily_cap"),
            total_cap=self.cap("total_cap"),
            each_daily_cap=self.cap("each_daily_cap"),
            verify=self.choice("verify", Verify, Verify.SKIP),
            skip_from=self.minute("skip_from", self.told),
            skip_until=self.minute("skip_until", self.told),
            is_exclusive=self.told.get("is_exclusive") is True,
            tags=tuple(self.numbers("tags", self.told)[:MOST_TAGS]),
            remark=self.remark(),
            welcome=self.welcome(),
        )

    def wrong(self, field: str, why: str) -> None:
        self.problems.append(Problem(field, why))

    def people(self) -> Iterator[Person]:
        seen: set[int] = set()
        for row in self.rows("people"):
            number = row.get("employee")
            if type(number) is not int:
                self.wrong("people", gettext("Choose an employee in each row."))
            elif number in seen:
                self.wrong("people", gettext("Somebody stands in two rows."))
            else:
                seen.add(number)
                weight = self.whole("people", row.get("weight"), least=1)
                yield Person(
                    employee=number,
                    weight=min(weight or 1, 100),
                    daily_cap=self.whole("people", row.get("daily_cap"), least=1),
                    total_cap=self.whole("people", row.get("total_cap"), least=1),
                    is_backup=row.get("is_backup") is True,
                    is_off=row.get("is_off") is True,
                )

    def slots(self) -> Iterator[Slot]:
        if self.told.get("always") is not True:
            for row in self.rows("slots"):
                days = frozenset(
                    day for day in self.numbers("days", row) if 1 <= day <= 7
                )
                if not days:
                    self.wrong("slots", gettext("Choose the days of each slot."))
                yield from self.slot("slots", row, days=days)
        for row in self.rows("dates"):
            first, last = self.date(row.get("first")), self.date(row.get("last"))
            if first is None or (last and last < first):
                self.wrong(
                    "dates", gettext("A special date needs a first day, then a last.")
                )
            elif row.get("is_closed") is True:
                yield Slot(start=0, until=DAY, first=first, last=last, is_closed=True)
            else:
                yield from self.slot("dates", row, first=first, last=last)

    def slot(self, field: str, row: dict[str, Any], **when: Any) -> Iterator[Slot]:
        start, until = self.minute("from", row, field), self.minute("until", row, field)
        if start == until and start:
            self.wrong(field, gettext("A slot begins and ends at the same minute."))
            return
        people = frozenset(self.numbers("people", row))
        yield Slot(start=start, until=until or DAY, people=people, **when)

    def rows(self, name: str) -> list[dict[str, Any]]:
        rows = self.told.get(name) or []
        if not isinstance(rows, list) or len(rows) > MOST_ROWS:
            self.wrong(name, gettext("These are too many rows."))
            return []
        return [row for row in rows if isinstance(row, dict)]

    def numbers(self, name: str, row: dict[str, Any]) -> list[int]:
        told = row.get(name) or []
        numbers = told if isinstance(told, list) else []
        return list(dict.fromkeys(n for n in numbers if type(n) is int))[:MOST_ROWS]

    def choice[T: StrEnum](self, name: str, kinds: type[T], usual: T) -> T:
        told = self.told.get(name, usual)
        if told not in [kind.value for kind in kinds]:
            self.wrong(name, gettext("Choose one of these."))
            return usual
        return kinds(told)

    def cap(self, name: str) -> int | None:
        return self.whole(name, self.told.get(name), least=1)

    def whole(self, field: str, told: Any, *, least: int) -> int | None:
        if told in (None, ""):
            return None
        if type(told) is not int or not least <= told <= LARGEST:
            self.wrong(
                field,
                gettext("A whole number from %(least)s to %(most)s, or nothing.")
                % {"least": least, "most": f"{LARGEST:,}"},
            )
            return None
        return told

    def minute(self, name: str, row: dict[str, Any], field: str = "") -> int:
        """Minutes since midnight of a time such as 09:30."""
        told = row.get(name)
        if told in (None, ""):
            if field:
                self.wrong(field, gettext("Each slot needs its two times."))
            return 0
        hour, _colon, minute = str(told).partition(":")
        if not (hour.isdecimal() and minute.isdecimal() and len(str(told)) == 5):
            self.wrong(field or name, gettext("Write a time like 09:30."))
            return 0
        found = int(hour) * 60 + int(minute)
        if found > DAY or int(minute) > 59:
            self.wrong(field or name, gettext("Write a time like 09:30."))
            return 0
        return found % DAY

    def date(self, told: Any) -> date | None:
        try:
            found = date.fromisoformat(told) if isinstance(told, str) else None
        except ValueError:
            return None
        return found if found and 2000 <= found.year <= 2100 else None

    def welcome(self) -> int | None:
        told = self.told.get("welcome")
        return told if type(told) is int and 0 <= told < 2**62 else None

    def remark(self) -> str:
        told = self.told.get("remark") or ""
        text = " ".join(str(told).replace("\x00", "").split())
        if len(text) > LONGEST_REMARK + len("{nickname}"):
            self.wrong("remark", gettext("WeCom keeps 20 characters of a remark."))
        return text

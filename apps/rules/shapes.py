"""The shapes that a value of a rule may have: each is read strictly, or refused.

What is read is a plain value: a number, a text, a date, or a tuple of them. It goes
into a statement as a parameter and in no other way.
"""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.translation import gettext

from apps.common.filters import day_of

LARGEST = Decimal(10) ** 15
LONGEST_TEXT = 100
MOST_VALUES = 200
MOST_DAYS = 36_500


class Nonsense(ValueError):
    """A value that is not of its shape; why, in words."""


class Shape(StrEnum):
    NONE = "none"
    NUMBER = "number"
    NUMBERS = "numbers"  # from, to
    TEXT = "text"
    CHOICES = "choices"
    PICKS = "picks"  # numbers of rows
    YES_NO = "yes_no"
    DAYS = "days"
    DATE = "date"
    DATES = "dates"  # from, to
    WITHIN = "within"  # the last so many days, or from one date to another


class Within(NamedTuple):
    """A span of days, both ends included; `days` are counted back from today, or from
    so many days `before`."""

    days: int | None = None
    first: date | None = None
    last: date | None = None
    before: int = 0

    def ends(self, today: date) -> tuple[date | None, date | None]:
        if self.days is None:
            return self.first, self.last
        last = today - timedelta(days=self.before)
        first = last - timedelta(days=self.days - 1)
        return first, last if self.before else None


def number(told: Any) -> Decimal:
    """A number, or one that is written out; no infinity, nothing endless."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        raise Nonsense(gettext("A number is needed."))
    if isinstance(told, str) and len(told) > 24:
        raise Nonsense(gettext("A number is needed."))
    try:
        read = Decimal(str(told))
    except InvalidOperation as error:
        raise Nonsense(gettext("A number is needed.")) from error
    if not read.is_finite() or abs(read) > LARGEST or read != round(read, 4):
        raise Nonsense(gettext("A number is needed."))
    return read.normalize() + 0


def whole(told: Any, *, least: int, most: int) -> int:
    read = number(told)
    if read != int(read) or not least <= read <= most:
        words = gettext("A whole number from %(least)d to %(most)d is needed.")
        raise Nonsense(words % {"least": least, "most": most})
    return int(read)


def text(told: Any) -> str:
    if not isinstance(told, str) or not told.strip() or "\x00" in told:
        raise Nonsense(gettext("A text is needed."))
    if len(told) > LONGEST_TEXT or not told.isprintable():
        raise Nonsense(gettext("This text is too long."))
    return told.strip()


def picks(told: Any) -> tuple[int, ...]:
    return tuple(
        sorted({whole(each, least=1, most=10**18 - 1) for each in several(told)})
    )


def several(told: Any) -> list[Any]:
    if not isinstance(told, list) or not told:
        raise Nonsense(gettext("Choose at least one."))
    if len(told) > MOST_VALUES:
        raise Nonsense(gettext("Choose no more than 200."))
    return told


def days(told: Any) -> int:
    return whole(told, least=1, most=MOST_DAYS)


def a_date(told: Any) -> date:
    read = day_of(told) if isinstance(told, str) and len(told) == 10 else None
    if read is None:
        raise Nonsense(gettext("A date is needed."))
    return read


def pair[T](read: Callable[[Any], T]) -> Callable[[Any], tuple[T, T]]:
    def both(told: Any) -> tuple[T, T]:
        if not isinstance(told, list) or len(told) != 2:
            raise Nonsense(gettext("A beginning and an end are needed."))
        first, last = map(read, told)
        if last < first:  # type: ignore[operator]
            raise Nonsense(gettext("The end is before the beginning."))
        return first, last

    return both


def yes_no(told: Any) -> bool:
    if not isinstance(told, bool):
        raise Nonsense(gettext("Yes or no is needed."))
    return told


def nothing(told: Any) -> None:
    if told is not None:
        raise Nonsense(gettext("Nothing is to be said here."))


def within(told: Any) -> Within:
    if isinstance(told, dict) and list(told) == ["days"]:
        return Within(days=days(told["days"]))
    if isinstance(told, dict) and told.keys() == {"days", "before"}:
        return Within(days=days(told["days"]), before=days(told["before"]))
    if isinstance(told, dict) and told and not told.keys() - {"from", "to"}:
        first, last = (
            None if told.get(end) is None else a_date(told[end])
            for end in ("from", "to")
        )
        if first and last and last < first:
            raise Nonsense(gettext("The end is before the beginning."))
        if first or last:
            return Within(first=first, last=last)
    raise Nonsense(gettext("A span of days is needed."))


READ: dict[Shape, Callable[[Any], Any]] = {
    Shape.NONE: nothing,
    Shape.NUMBER: number,
    Shape.NUMBERS: pair(number),
    Shape.TEXT: text,
    Shape.PICKS: picks,
    Shape.YES_NO: yes_no,
    Shape.DAYS: days,
    Shape.DATE: a_date,
    Shape.DATES: pair(a_date),
    Shape.WITHIN: within,
}


def as_json(value: Any) -> Any:
    """A value that was read, in the form in which it can be read again."""
    match value:
        case Within(days=int(many), before=int(before)):
            return {"days": many} | ({"before": before} if before else {})
        case Within():
            ends = {"from": value.first, "to": value.last}
            return {name: f"{day}" for name, day in ends.items() if day}
        case tuple():
            return [as_json(each) for each in value]
        case Decimal():
            return int(value) if value == int(value) else f"{value:f}"
        case date():
            return f"{value}"
        case _:
            return value

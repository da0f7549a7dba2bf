"""How each kind of value may be asked for, in words and as a condition.

A condition is SQL with `{value}` for what is looked at, and its parameters. Operators
that deny have none of their own: they are the complement of the one they deny.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.common.filters import midnight
from apps.rules.shapes import Shape


class Kind(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    MONEY = "money"  # in fen
    COUNT = "count"
    SUM = "sum"  # in fen
    CHOICE = "choice"
    CHOICES = "choices"
    PICK = "pick"
    PICKS = "picks"
    YES_NO = "yes_no"
    MOMENT = "moment"
    DAY = "day"


TOTALS = (Kind.COUNT, Kind.SUM)  # nothing there is 0, and known


@dataclass(frozen=True)
class Operator:
    """`title` stands in the list to choose from; `says` in a sentence."""

    name: str
    title: Any
    shape: Shape
    says: Any


ALL_OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("is", _("is"), Shape.TEXT, _("is “%(value)s”")),
        Operator("is_not", _("is not"), Shape.TEXT, _("is not “%(value)s”")),
        Operator("contains", _("contains"), Shape.TEXT, _("contains “%(value)s”")),
        Operator(
            "lacks",
            _("does not contain"),
            Shape.TEXT,
            _("does not contain “%(value)s”"),
        ),
        Operator("starts", _("begins with"), Shape.TEXT, _("begins with “%(value)s”")),
        Operator("eq", _("equals"), Shape.NUMBER, _("= %(value)s")),
        Operator("at_least", _("at least"), Shape.NUMBER, _("≥ %(value)s")),
        Operator("at_most", _("at most"), Shape.NUMBER, _("≤ %(value)s")),
        Operator(
            "between", _("between"), Shape.NUMBERS, _("from %(first)s to %(last)s")
        ),
        Operator("any", _("is one of"), Shape.CHOICES, _("is %(value)s")),
        Operator("all", _("has all of"), Shape.CHOICES, _("has all of %(value)s")),
        Operator("none", _("is none of"), Shape.CHOICES, _("is not %(value)s")),
        Operator("known", _("is filled in"), Shape.NONE, _("is filled in")),
        Operator("unknown", _("is not filled in"), Shape.NONE, _("is not filled in")),
        Operator("yes_no", _("is"), Shape.YES_NO, _(": %(value)s")),
        Operator(
            "last_days",
            _("within the last … days"),
            Shape.DAYS,
            _("within the last %(value)s days"),
        ),
        Operator(
            "longer_ago",
            _("longer ago than … days"),
            Shape.DAYS,
            _("longer ago than %(value)s days"),
        ),
        Operator("since", _("on or after"), Shape.DATE, _("on or after %(value)s")),
        Operator("until", _("on or before"), Shape.DATE, _("on or before %(value)s")),
        Operator(
            "dates", _("from … to …"), Shape.DATES, _("from %(first)s to %(last)s")
        ),
        Operator(
            "next_days",
            _("within the next … days"),
            Shape.DAYS,
            _("within the next %(value)s days"),
        ),
        Operator(
            "anniversary",
            _("anniversary within … days"),
            Shape.DAYS,
            _("has its anniversary within %(value)s days"),
        ),
        Operator("stale", _("is stale"), Shape.NONE, _("is stale")),
    )
}
DENIES = {"is_not": "is", "lacks": "contains", "none": "any", "unknown": "known"}

NUMBERS = ("at_least", "at_most", "eq", "between")
MOMENTS = ("last_days", "longer_ago", "since", "until", "dates")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    Kind.TEXT: ("contains", "lacks", "is", "is_not", "starts"),
    Kind.NUMBER: NUMBERS,
    Kind.MONEY: NUMBERS,
    Kind.COUNT: NUMBERS,
    Kind.SUM: NUMBERS,
    Kind.CHOICE: ("any", "none"),
    Kind.CHOICES: ("any", "all", "none"),
    Kind.PICK: ("any", "none"),
    Kind.PICKS: ("any", "all", "none"),
    Kind.YES_NO: ("yes_no",),
    Kind.MOMENT: MOMENTS,
    Kind.DAY: (*MOMENTS, "next_days", "anniversary"),
}
# In other words where somebody may have several, where a row is named, where something
# has happened or has not. Words with %(what)s stand for the whole sentence.
SEVERAL = {
    "any": (_("has any of"), _("has %(value)s")),
    "all": (_("has all of"), _("has all of %(value)s")),
    "none": (_("has none of"), _("has none of %(value)s")),
}
NAMED = {
    "known": (_("is there"), _("has a %(what)s")),
    "unknown": (_("is not there"), _("has no %(what)s")),
}
HAPPENED = {
    "known": (_("has happened"), _("has happened")),
    "unknown": (_("has never happened"), _("has never happened")),
}
IN_OTHER_WORDS: dict[Kind, dict[str, tuple[Any, Any]]] = {
    Kind.CHOICES: SEVERAL,
    Kind.PICKS: SEVERAL | NAMED,
    Kind.PICK: NAMED,
    Kind.MOMENT: HAPPENED,
}

Condition = tuple[str, dict[str, Any]]


def operators_of(kind: Kind, *, more: tuple[str, ...] = ()) -> dict[str, Operator]:
    """Those of a kind, in the words that suit it."""
    found = {}
    for name in (*OPERATORS[kind], *more):
        operator = ALL_OPERATORS[name]
        title, says, shape = operator.title, operator.says, operator.shape
        title, says = IN_OTHER_WORDS.get(kind, {}).get(name, (title, says))
        if kind in (Kind.PICK, Kind.PICKS) and shape == Shape.CHOICES:
            shape = Shape.PICKS
        found[name] = Operator(name, title, shape, says)
    return found


def condition(kind: Kind, op: str, value: Any, *, today: date) -> Condition:
    """What must hold of `{value}`, which is not NULL where it holds."""
    match op:
        case "known":
            return "{value} IS NOT NULL", {}
        case "is":
            return "{value} = %(value)s", {"value": value}
        case "contains":
            return "{value} ILIKE %(value)s", {"value": f"%{unspecial(value)}%"}
        case "starts":
            return "{value} ILIKE %(value)s", {"value": f"{unspecial(value)}%"}
        case "eq":
            return "{value} = %(value)s", {"value": value}
        case "at_least":
            return "{value} >= %(value)s", {"value": value}
        case "at_most":
            return "{value} <= %(value)s", {"value": value}
        case "between":
            first, last = value
            sql = "{value} BETWEEN %(first)s AND %(last)s"
            return sql, {"first": first, "last": last}
        case "any":
            return "{value} = ANY(%(value)s)", {"value": list(value)}
        case "yes_no":
            return "{value} = %(value)s", {"value": value}
        case "anniversary":
            return anniversary(value, today=today)
    first, end = span(op, value, today=today)
    bounds = {
        name: as_bound(kind, day) for name, day in (("first", first), ("end", end))
    }
    parts = [
        f"{{value}} {sign} %({name})s"
        for name, sign in (("first", ">="), ("end", "<"))
        if bounds[name] is not None
    ]
    held = {name: bound for name, bound in bounds.items() if bound is not None}
    return " AND ".join(parts), held


def span(op: str, value: Any, *, today: date) -> tuple[date | None, date | None]:
    """The first day, and the one after the last."""
    one = timedelta(days=1)
    match op:
        case "last_days":
            return today - timedelta(days=value - 1), today + one
        case "longer_ago":
            return None, today - timedelta(days=value - 1)
        case "next_days":
            return today, today + timedelta(days=value)
        case "since":
            return value, None
        case "until":
            return None, value + one
        case "dates":
            return value[0], value[1] + one
    raise KeyError(op)


def as_bound(kind: Kind, day: date | None) -> Any:
    return midnight(day) if day is not None and kind == Kind.MOMENT else day


def anniversary(days: int, *, today: date) -> Condition:
    """Whoever was born on 29 February has their birthday on the 28th in other years."""
    coming = [today + timedelta(days=number) for number in range(min(days, 366))]
    names = {f"{day:%m%d}" for day in coming}
    if any(f"{day:%m%d}" == "0228" and not leap(day.year) for day in coming):
        names.add("0229")
    return "to_char({value}, 'MMDD') = ANY(%(days)s)", {"days": sorted(names)}


def leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def unspecial(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def holds_of_nothing(op: str, value: Any) -> bool:
    """Is it true of a total in which there is nothing, 0?"""
    match op:
        case "eq":
            return bool(value == 0)
        case "at_least":
            return bool(value <= 0)
        case "at_most":
            return bool(value >= 0)
        case "between":
            return bool(value[0] <= 0 <= value[1])
    raise KeyError(op)


def labels(choices: Mapping[Any, Any] | None, values: Any) -> list[str]:
    known = {str(value): str(label) for value, label in (choices or {}).items()}
    return [known.get(str(value), str(value)) for value in values]

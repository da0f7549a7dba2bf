"""JSON in, frozen tree out, nonsense refused with its place.

    {"all": [{"field": "tags", "op": "any", "value": [7]},
             {"not": {"field": "order_count", "op": "at_least", "value": 1,
                      "within": {"days": 90}}}]}

A tree says only what the words of fields.py can say: nothing of it is ever part of a
statement but as a parameter.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.rules.algebra import AllOf, AnyOf, Not
from apps.rules.fields import Field, field_named
from apps.rules.shapes import Nonsense, as_json

if TYPE_CHECKING:
    from apps.staff.models import User

MOST_LEAVES = 100
DEEPEST = 10
LONGEST_JSON = 100_000  # characters
OWN = ("field", "op", "value")  # the rest of a leaf are options of its field

type Node = AllOf | AnyOf | Not | Leaf


@dataclass(frozen=True)
class Leaf:
    """One thing that is said of a contact. `options` narrow what is meant."""

    field: Field
    op: str
    value: Any = None
    options: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Wrong:
    """What is wrong at one place, such as "/all/0/value"."""

    place: str
    why: str

    @property
    def where(self) -> str:
        """The place for people: condition 2 › condition 1."""
        steps = [int(step) + 1 for step in self.place.split("/") if step.isdecimal()]
        return " › ".join(gettext("condition %d") % step for step in steps)

    def __str__(self) -> str:
        return f"{self.where}：{self.why}" if self.where else self.why


class NotUnderstood(Refused):
    """The rule is not understood."""

    code = "rule_not_understood"

    def __init__(self, wrongs: Iterable[Wrong]) -> None:
        super().__init__()
        self.wrongs = list(wrongs)

    def __str__(self) -> str:
        return "；".join(map(str, self.wrongs[:5]))


def read(told: Any, *, user: "User | None" = None) -> Node:
    """The tree that JSON tells. With `user`, only of words that they may use."""
    reader = Reader(user)
    tree = reader.node(told, "", 1)
    if reader.leaves > MOST_LEAVES:
        reader.wrong("", gettext("There are more than 100 conditions."))
    if reader.wrongs or tree is None:
        raise NotUnderstood(reader.wrongs)
    return tree


def told(node: Node) -> dict[str, Any]:
    """The same as JSON, in one form."""
    match node:
        case AllOf(parts):
            return {"all": [told(part) for part in parts]}
        case AnyOf(parts):
            return {"any": [told(part) for part in parts]}
        case Not(part):
            return {"not": told(part)}
        case Leaf(field, op, value, options):
            found: dict[str, Any] = {"field": field.name, "op": op}
            if value is not None:
                found["value"] = as_json(value)
            return found | {name: as_json(each) for name, each in options}


def leaves(node: Node) -> Iterator[Leaf]:
    match node:
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)
        case Not(part):
            yield from leaves(part)
        case Leaf():
            yield node


class Reader:
    """Goes through what was told, and notes all that is wrong."""

    def __init__(self, user: "User | None") -> None:
        self.user = user
        self.wrongs: list[Wrong] = []
        self.leaves = 0

    def wrong(self, place: str, why: str) -> None:
        if len(self.wrongs) < 20:
            self.wrongs.append(Wrong(place, why))

    def node(self, told: Any, place: str, depth: int) -> Node | None:
        if not isinstance(told, Mapping):
            self.wrong(place, gettext("This is no condition."))
        elif depth > DEEPEST:
            self.wrong(place, gettext("Conditions are nested too deeply."))
        elif "field" in told:
            return self.leaf(told, place)
        elif len(told) == 1 and (told.keys() & {"all", "any"}):
            return self.group(told, place, depth)
        elif list(told) == ["not"]:
            part = self.node(told["not"], f"{place}/not", depth + 1)
            return None if part is None else Not(part)
        else:
            self.wrong(place, gettext("This is no condition."))
        return None

    def group(self, told: Mapping, place: str, depth: int) -> Node | None:
        [(how, parts)] = told.items()
        if not isinstance(parts, list) or not parts:
            self.wrong(f"{place}/{how}", gettext("A group needs a condition."))
            return None
        if len(parts) > MOST_LEAVES:
            self.wrong(f"{place}/{how}", gettext("There are more than 100 conditions."))
            return None
        found = [
            self.node(part, f"{place}/{how}/{number}", depth + 1)
            for number, part in enumerate(parts)
        ]
        known = tuple(part for part in found if part is not None)
        return AllOf(known) if how == "all" else AnyOf(known)

    def leaf(self, told: Mapping, place: str) -> Leaf | None:
        self.leaves += 1
        name, op = told["field"], told.get("op")
        field = field_named(name) if isinstance(name, str) else None
        if field is None or not self.may_use(field):
            self.wrong(f"{place}/field", gettext("There is no such field."))
            return None
        operator = field.operators.get(op) if isinstance(op, str) else None
        if operator is None:
            why = gettext("“%s” cannot be asked like that.") % field.title
            self.wrong(f"{place}/op", why)
            return None
        known = {option.name: option for option in field.options}
        strange = [key for key in told if key not in OWN and key not in known]
        for key in strange[:3]:
            why = gettext("“%s” knows no such option.") % field.title
            self.wrong(f"{place}/{key[:40]}", why)
        try:
            at = "value"
            value = field.read(operator, told.get("value"))
            options = []
            for at, option in known.items():
                if told.get(at) is not None:
                    options.append((at, option.read(told[at])))
                elif option.required:
                    raise Nonsense(gettext("“%s” is missing.") % option.title)
        except Nonsense as nonsense:
            self.wrong(f"{place}/{at}", str(nonsense))
            return None
        return Leaf(field, str(op), value, tuple(options))

    def may_use(self, field: Field) -> bool:
        return self.user is None or self.user.has_perm(field.permission)

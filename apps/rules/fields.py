"""The words the rule language knows; each app adds its own in its rule_fields.py.

A field says where a contact's values stand (`Rows`) or what they come to (`Totals`),
and is thereby one SQL statement of contact ids for whatever is asked of it. What can be
asked stands in operators.py.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from apps.common.filters import midnight
from apps.rules import facts, sheets
from apps.rules.algebra import WHO, AllOf, AnyOf, Atom, Expr, Not, Shortcut
from apps.rules.operators import (
    DENIES,
    TOTALS,
    Kind,
    Operator,
    condition,
    holds_of_nothing,
    operators_of,
)
from apps.rules.shapes import READ, Nonsense, Shape, Within, several

Choices = Mapping[Any, Any]  # values, each with its words

FIELDS: dict[str, "Field"] = {}
FAMILIES: dict[str, "Family"] = {}


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something that narrows what is meant: orders of this product, in these days.

    `sql` is a condition with %(name)s for its value; a span of days stands in `at`.
    """

    name: str
    title: Any
    shape: Shape
    sql: str = ""
    at: str = ""
    model: str = ""  # whose rows are picked
    choices: Callable[[], Choices] | None = None
    suggestions: Callable[[], list[str]] | None = None  # texts that are in use
    required: bool = False
    says: Any = ""

    def read(self, told: Any) -> Any:
        if self.shape == Shape.CHOICES:
            return chosen(told, self.choices)
        return READ[self.shape](told)

    def condition(self, value: Any, *, today: date) -> tuple[str, dict[str, Any]]:
        if isinstance(value, Within):
            first, last = value.ends(today)
            end = date.fromordinal(last.toordinal() + 1) if last else None
            ends = {f"{self.name}_from": first, f"{self.name}_end": end}
            held = {name: midnight(day) for name, day in ends.items() if day}
            signs = {f"{self.name}_from": ">=", f"{self.name}_end": "<"}
            return " AND ".join(f"{self.at} {signs[n]} %({n})s" for n in held), held
        plain = list(value) if isinstance(value, tuple) else value
        return self.sql, {self.name: plain}


@dataclass(frozen=True, kw_only=True)
class Field:
    """A word of the language. Its name never changes: rules that are kept say it."""

    name: str
    title: Any
    group: Any  # under which heading it is chosen
    kind: Kind
    permission: str
    options: tuple[Option, ...] = ()
    choices: Callable[[], Choices] | None = None
    model: str = ""  # whose rows are picked, such as "tags.tag"
    optional: bool = False  # may be unknown, and be asked for that
    more: tuple[str, ...] = ()  # operators that its kind does not have
    topic: str = ""  # the changes that can touch it; see touching.py
    offered: bool = True  # to choose from; otherwise only kept rules have it

    @cached_property
    def operators(self) -> dict[str, Operator]:
        asks = ("known", "unknown") if self.optional else ()
        return operators_of(self.kind, more=(*asks, *self.more))

    def read(self, operator: Operator, told: Any) -> Any:
        if operator.shape == Shape.CHOICES:
            return chosen(told, self.choices)
        return READ[operator.shape](told)

    def expr(
        self, op: str, value: Any, options: Any, *, today: date, shares: bool = True
    ) -> Expr:
        """What is said, as sets: denials are complements, several are put together.
        One of several is a set for each, if it `shares` them with other rules."""

        def one(op: str, value: Any) -> Expr:
            return self.expr(op, value, options, today=today, shares=shares)

        if op in DENIES:
            return Not(one(DENIES[op], value))
        if op == "all":
            return AllOf(tuple(one("any", (each,)) for each in value))
        if op == "any" and shares and self.topic and len(value) > 1:
            return AnyOf(tuple(one("any", (each,)) for each in value))
        return self.atom(op, value, dict(options), today=today)

    def atom(self, op: str, value: Any, options: dict, *, today: date) -> Expr:
        raise NotImplementedError

    def narrowed(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        """The conditions of the options that are said."""
        parts: list[str] = []
        held: dict[str, Any] = {}
        for option in self.options:
            if option.name in options:
                sql, more = option.condition(options[option.name], today=today)
                parts.append(sql)
                held |= more
        return "".join(f" AND ({sql})" for sql in parts), held

    def evidence(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        """SQL for the values of one contact, %(who)s."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Rows(Field):
    """Rows of a table, each with a contact and a value; one that fits is enough."""

    table: str
    contact: str = "row.contact_id"
    value: str
    where: str = "TRUE"
    parameters: Mapping[str, Any] = field(default_factory=dict, hash=False)
    keyed: bool = False  # changes are told by value, such as one tag
    key: str = ""  # or all under this key
    stale: Callable[[date], tuple[str, dict[str, Any]]] | None = None

    def atom(self, op: str, value: Any, options: dict, *, today: date) -> Atom:
        if op == "stale" and self.stale:
            sql, held = self.stale(today)
        else:
            sql, held = condition(self.kind, op, value, today=today)
        sql = sql.replace("{value}", self.value)
        more, others = self.narrowed(options, today=today)
        one = self.keyed and op == "any" and len(value) == 1
        return Atom.of(
            f"SELECT {self.contact} AS contact_id FROM {self.table} "
            f"WHERE {self.where} AND {sql}{more} {WHO}",
            {**self.parameters, **held, **others},
            contact=self.contact,
            topic=self.topic,
            key=str(value[0]) if one else self.key,
        )

    def evidence(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        more, others = self.narrowed(options, today=today)
        return (
            f"SELECT DISTINCT {self.value} FROM {self.table} WHERE {self.where}{more} "
            f"AND {self.contact} = %(who)s AND {self.value} IS NOT NULL "
            "ORDER BY 1 LIMIT 8",
            {**self.parameters, **others},
        )


@dataclass(frozen=True, kw_only=True)
class Totals(Field):
    """What a contact's rows come to: a count, a sum, the first or the last of them."""

    table: str
    contact: str = "row.contact_id"
    measure: str
    where: str = "TRUE"
    fact: str = ""  # which of the facts it is: many, sum, first or last
    # options by whose values rows of other tables are looked at: never kept
    loose: tuple[str, ...] = ()

    def atom(self, op: str, value: Any, options: dict, *, today: date) -> Expr:
        sql, held = condition(self.kind, op, value, today=today)
        having = sql.replace("{value}", self.measure)
        denied = self.kind in TOTALS and holds_of_nothing(op, value)
        more, others = self.narrowed(options, today=today)
        if denied:
            having, sql = f"NOT ({having})", f"NOT ({sql})"
        raw = (
            f"SELECT {self.contact} AS contact_id FROM {self.table} "
            f"WHERE {self.where}{more} {WHO} GROUP BY {self.contact} HAVING {having}"
        )
        found = Atom.of(
            raw,
            held | others,
            contact=self.contact,
            topic=self.topic,
            is_kept=not options.keys() & set(self.loose),
        )
        by_days, told = None, (self.topic, op, value, options)
        if self.fact == "last":
            by_days = sheets.lately(*told, today=today)
        if self.fact == "many":
            by_days = sheets.counted(*told, today=today)
        way = by_days or self.by_facts(found, sql, options, today=today)
        found = replace(found, shortcut=way)
        return Not(found) if denied else found

    def by_facts(
        self, raw: Atom, sql: str, options: dict, *, today: date
    ) -> Shortcut | None:
        """By way of the facts, where the span of days is one that they know."""
        within = options.get("within")
        days = within.days if within else None
        if not self.fact or options.keys() - {"within"}:
            return None
        if within and (not days or within.before):
            return None
        if self.fact in ("first", "last"):
            if within:
                return None
            column, known = f"{self.fact}_at", "TRUE"
        elif days in (None, *facts.SPANS):
            column = facts.column(self.fact, days)
            known = f"{facts.column('many', days)} > 0"
        else:
            return None
        condition = f"{known} AND ({sql.replace('{value}', column)})"
        return facts.by_facts(raw, condition=condition, today=today)

    def evidence(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        more, others = self.narrowed(options, today=today)
        return (
            f"SELECT {self.measure} FROM {self.table} WHERE {self.where}{more} "
            f"AND {self.contact} = %(who)s",
            others,
        )


@dataclass(frozen=True, kw_only=True)
class Through(Field):
    """Another field, asked for by other values: the owner, by department."""

    of: str
    translate: Callable[[tuple], tuple]

    def expr(
        self, op: str, value: Any, options: Any, *, today: date, shares: bool = True
    ) -> Expr:
        if op in DENIES:
            denied = self.expr(DENIES[op], value, options, today=today, shares=shares)
            return Not(denied)
        values = self.translate(value)
        if not values:
            return AnyOf(())
        of = FIELDS[self.of]
        return of.expr("any", values, options, today=today, shares=shares)

    def evidence(self, options: dict, *, today: date) -> tuple[str, dict[str, Any]]:
        return FIELDS[self.of].evidence(options, today=today)


@dataclass(frozen=True)
class Family:
    """Fields that are rows themselves, such as "attribute.12"."""

    all: Callable[[], Iterable[Field]]
    one: Callable[[int], Field | None]


def add(*fields: Field) -> None:
    FIELDS.update({each.name: each for each in fields})


def field_named(name: str) -> Field | None:
    prefix, _dot, number = name.partition(".")
    if (family := FAMILIES.get(prefix)) and number.isascii() and number.isdecimal():
        return family.one(int(number)) if len(number) < 10 else None
    return FIELDS.get(name)


def offered_to(user: Any) -> list[Field]:
    """What this person may put together, in the order of the headings."""
    found = [*FIELDS.values()]
    for family in FAMILIES.values():
        found += family.all()
    return [each for each in found if each.offered and user.has_perm(each.permission)]


def chosen(told: Any, choices: Callable[[], Choices] | None) -> tuple[Any, ...]:
    known = {str(value): value for value in (choices() if choices else {})}
    asked = [str(each)[:64] for each in several(told)]
    if any(each not in known for each in asked):
        raise Nonsense(gettext("There is no such choice."))
    return tuple(value for name, value in known.items() if name in asked)

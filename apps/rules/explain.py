"""The rule as a sentence; why this contact is in or out."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.db import connection
from django.utils.translation import gettext, pgettext

from apps.common.wording import NOTHING, moment, money, spaced
from apps.rules import bitmaps
from apps.rules.algebra import AllOf, AnyOf, Expr, Not, atoms
from apps.rules.compile import EVERYBODY, compiled, day_of, is_true
from apps.rules.fields import Field, Option
from apps.rules.operators import TOTALS, Kind, labels
from apps.rules.shapes import Shape, Within
from apps.rules.tree import Leaf, Node, leaves

if TYPE_CHECKING:
    from apps.staff.models import User

AMOUNTS = (Kind.MONEY, Kind.SUM)
MANY = 5  # of several, so many are named
QUOTED = re.compile("(“[^”]*”)")

Names = Mapping[str, Mapping[int, str]]  # of rows that are picked, by model


@dataclass(frozen=True)
class Part:
    """A part of a rule, in words; of one contact, whether it holds, and by what."""

    words: str
    holds: bool | None = None
    evidence: str = ""
    parts: list["Part"] = field(default_factory=list)


def sentence(node: Node, *, user: "User | None" = None) -> str:
    return set_apart(said(node, names_in(node, user=user)))


def said(node: Node, names: Names, *, inner: bool = False) -> str:
    match node:
        case AllOf((one,)) | AnyOf((one,)):
            return said(one, names, inner=inner)
        case AllOf(parts) | AnyOf(parts):
            all_of = isinstance(node, AllOf)
            joint = gettext(", and ") if all_of else gettext(", or ")
            joined = joint.join(said(part, names, inner=True) for part in parts)
            return gettext("(%s)") % joined if inner else joined
        case Not(part):
            return gettext("not (%s)") % said(part, names)
        case Leaf():
            return said_of_leaf(node, names)


def said_of_leaf(leaf: Leaf, names: Names) -> str:
    told = dict(leaf.options)
    narrowed = "".join(
        option.says % {"value": option_words(option, told[option.name], names)}
        for option in leaf.field.options
        if option.name in told
    )
    what = f"{narrowed}{leaf.field.title}"
    says = str(leaf.field.operators[leaf.op].says)
    if "%(what)s" in says:
        return says % {"what": what}
    words = {"what": what, "how": how(leaf, names)}
    return gettext("%(what)s %(how)s") % words


def how(leaf: Leaf, names: Names) -> str:
    says, value = str(leaf.field.operators[leaf.op].says), leaf.value
    if isinstance(value, tuple) and "%(first)s" in says:
        first, last = (value_words(leaf.field, each, names) for each in value)
        return says % {"first": first, "last": last}
    if isinstance(value, tuple):
        told = [value_words(leaf.field, each, names) for each in value]
        last = gettext(" and ") if leaf.op == "all" else gettext(" or ")
        return says % {"value": some_of((f"“{each}”" for each in told), last=last)}
    if leaf.field.operators[leaf.op].shape == Shape.DAYS:
        return says % {"value": value}
    return says % {"value": value_words(leaf.field, value, names)}


def some_of(told: Iterable[str], *, last: str = "") -> str:
    """“A”, “B” or “C”; no more than a few of very many."""
    told, between = [*told], pgettext("enumeration", ", ")
    if len(told) > MANY:
        words = {"some": between.join(told[:MANY]), "many": len(told)}
        return gettext("%(some)s … (%(many)d in all)") % words
    *before, final = told
    return f"{between.join(before)}{last or between}{final}" if before else final


def set_apart(text: str) -> str:
    """A space between Chinese and Latin, but for names, which stay as they are."""
    parts = QUOTED.split(text)
    return "".join(part if n % 2 else spaced(part) for n, part in enumerate(parts))


def value_words(field: Field, value: Any, names: Names) -> str:
    if value is None:
        return NOTHING
    match field.kind:
        case Kind.PICK | Kind.PICKS:
            return names.get(field.model, {}).get(
                value, gettext("(deleted #%d)") % value
            )
        case Kind.CHOICE | Kind.CHOICES:
            return labels(field.choices() if field.choices else None, [value])[0]
        case Kind.YES_NO:
            return gettext("yes") if value else gettext("no")
    if field.kind in AMOUNTS:
        return money(float(value))
    if isinstance(value, datetime):
        return moment(value)
    return plain(value)


def plain(value: Any) -> str:
    if isinstance(value, str | date):
        return str(value)
    number = round(float(value), 4)
    return f"{int(number):,}" if number == int(number) else f"{number:,}"


def option_words(option: Option, value: Any, names: Names) -> str:
    match value:
        case Within(days=int(days), before=int(before)) if before:
            words = gettext("in the %(days)d days before the last %(before)d ")
            return words % {"days": days, "before": before}
        case Within(days=int(days)):
            return gettext("in the last %d days ") % days
        case Within(first=first, last=last):
            ends = f"{first or ''} ～ {last or ''}".strip()
            return gettext("in %s ") % ends
        case tuple() if option.model:
            of = names.get(option.model, {})
            gone = gettext("(deleted #%d)")
            return some_of(f"“{of.get(pk, gone % pk)}”" for pk in value)
        case tuple():
            known = option.choices() if option.choices else None
            return some_of(f"“{label}”" for label in labels(known, value))
        case _:
            return str(value)


# --- names of rows --------------------------------------------------------------------


def names_in(node: Node, *, user: "User | None" = None) -> Names:
    """The names of all that is picked in a rule, one query for each kind of row."""
    wanted: dict[str, set[int]] = {}
    for leaf in leaves(node):
        if leaf.field.model and isinstance(leaf.value, tuple):
            wanted.setdefault(leaf.field.model, set()).update(leaf.value)
        told = dict(leaf.options)
        for option in leaf.field.options:
            if option.model and option.name in told:
                wanted.setdefault(option.model, set()).update(told[option.name])
    return {model: names_of(model, pks, user=user) for model, pks in wanted.items()}


def names_of(
    model: str, pks: Iterable[int], *, user: "User | None" = None
) -> dict[int, str]:
    """Of those that are there, and that `user` may see."""
    rows: Any = apps.get_model(model)._default_manager.filter(pk__in=list(pks))
    if any(f.name == "deleted_at" for f in rows.model._meta.get_fields()):
        rows = rows.filter(deleted_at__isnull=True)
    if user is not None and hasattr(rows, "visible_to"):
        rows = rows.visible_to(user)
    return {row.pk: str(row) for row in rows}


def missing(node: Node, *, user: "User | None" = None) -> list[str]:
    """Conditions that name rows which are there no longer, in words."""
    names = names_in(node, user=user)
    found = []
    for leaf in leaves(node):
        named = []
        if leaf.field.model and isinstance(leaf.value, tuple):
            named += [(leaf.field.model, pk) for pk in leaf.value]
        told = dict(leaf.options)
        for option in leaf.field.options:
            if option.model and option.name in told:
                named += [(option.model, pk) for pk in told[option.name]]
        if any(pk not in names.get(model, {}) for model, pk in named):
            found.append(set_apart(said_of_leaf(leaf, names)))
    return found


# --- why ------------------------------------------------------------------------------


def why(
    node: Node, contact_id: int, *, at: datetime, user: "User | None" = None
) -> Part:
    """For one contact: which part holds, and the evidence of each condition."""
    today = day_of(at)
    expr = compiled(node, today=today)
    holds = bitmaps.is_in([EVERYBODY, *atoms(expr)], contact_id)
    names = names_in(node, user=user)
    return looked_at(node, contact_id, holds=holds, names=names, today=today, user=user)


def looked_at(node: Node, contact_id: int, *, holds: Mapping[str, bool], **told: Any):
    today = told["today"]
    expr: Expr = compiled(node, today=today)
    true = holds[EVERYBODY.name] and is_true(expr, holds)
    match node:
        case Leaf():
            return Part(
                set_apart(said_of_leaf(node, told["names"])),
                true,
                evidence_of(node, contact_id, today=today, user=told["user"]),
            )
        case Not(part):
            parts = [looked_at(part, contact_id, holds=holds, **told)]
            return Part(gettext("none of this"), true, parts=parts)
        case AllOf(parts):
            words = gettext("all of these")
        case AnyOf(parts):
            words = gettext("any of these")
    each = [looked_at(part, contact_id, holds=holds, **told) for part in parts]
    return Part(words, true, parts=each)


def evidence_of(
    leaf: Leaf, contact_id: int, *, today: date, user: "User | None" = None
) -> str:
    """What is known of the contact, in words: what the condition looks at."""
    field = leaf.field
    sql, parameters = field.evidence(dict(leaf.options), today=today)
    with connection.cursor() as cursor:
        cursor.execute(sql, {**parameters, "who": contact_id})
        values = [value for (value,) in cursor.fetchall() if value is not None]
    if not values:
        return "0" if field.kind in TOTALS else gettext("nothing is known")
    model = getattr(field_looked_at(field), "model", "")
    names: Names = {model: names_of(model, values, user=user)} if model else {}
    shown = field_looked_at(field)
    words = [value_words(shown, value, names) for value in values]
    between = pgettext("enumeration", ", ")
    return spaced(between.join(words))


def field_looked_at(field: Field) -> Field:
    from apps.rules.fields import FIELDS, Through

    return FIELDS[field.of] if isinstance(field, Through) else field

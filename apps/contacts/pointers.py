"""Whatever points at a contact, found from the models themselves.

A merge moves every row of every app that points at a contact; nobody has to say so, and
a new model cannot be forgotten. A model may say two things in its class:

* `survives_merge`: the order in which rows that must be unique outlive each other, such
  as ("-verified", "pk"); without it the older row does.
* `not_moved_by_merge`: the reason why its rows stay where they are.

What cannot be moved is refused at start-up, see movable.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import (
    F,
    ForeignKey,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    UniqueConstraint,
)

from apps.contacts.models import Contact, Identity


@dataclass(frozen=True)
class Pointer:
    """A field of a model that names a contact."""

    model: type[Model]
    field: ForeignKey

    def __str__(self) -> str:
        return f"{self.model._meta.label}.{self.field.name}"

    @property
    def table(self) -> str:
        return connection.ops.quote_name(self.model._meta.db_table)

    @property
    def column(self) -> str:
        return connection.ops.quote_name(str(self.field.column))

    @property
    def key(self) -> str:
        return connection.ops.quote_name(str(self.model._meta.pk.column))

    @property
    def key_type(self) -> str:
        return str(self.model._meta.pk.rel_db_type(connection))

    @property
    def counts_up(self) -> bool:
        """Is a newer row known by its number?"""
        return self.key_type in ("bigint", "integer", "smallint")

    @property
    def others(self) -> list[ForeignKey]:
        """The other fields by which its rows name contacts."""
        return [
            other.field
            for other in pointers()
            if other.model is self.model and other.field is not self.field
        ]

    def at(self, contact_id: int) -> QuerySet:
        rows = self.model._base_manager.all()
        return rows.filter(**{self.field.attname: contact_id})

    def between(self, one: int, other: int) -> QuerySet:
        """Rows of `one` that tie it to the other: nobody is tied to themselves."""
        ties = Q(pk__in=[])
        for field in self.others:
            ties |= Q(**{field.attname: other})
        return self.at(one).filter(ties)


@cache
def pointers() -> tuple[Pointer, ...]:
    """All of them, those left alone aside; in an order that is always the same."""
    found = [p for p in every_pointer() if not hasattr(p.model, "not_moved_by_merge")]
    return tuple(sorted(found, key=str))


def every_pointer() -> Iterator[Pointer]:
    for relation in Contact._meta.get_fields(include_hidden=True):
        if not relation.auto_created or relation.concrete or relation.many_to_many:
            continue
        model: Any = relation.related_model
        field: Any = relation.remote_field
        if model._meta.managed and not model._meta.proxy:
            yield Pointer(model, field)


# --- rows that may not both be there --------------------------------------------------


@dataclass(frozen=True)
class Unique:
    """What must be unique with a contact: the rest of the key, and for which rows."""

    rest: tuple[Any, ...]
    condition: Q | None

    def narrow(self, rows: QuerySet) -> QuerySet:
        if self.condition is not None:
            rows = rows.filter(self.condition)
        return rows.annotate(**{f"_key{n}": e for n, e in enumerate(self.rest)})

    def same_as_outer(self) -> Q:
        same = Q()
        for number in range(len(self.rest)):
            same &= Q(**{f"_key{number}": OuterRef(f"_key{number}")})
        return same


def uniques(pointer: Pointer) -> list[Unique]:
    """Every rule of its model that says "one for each contact and …"."""
    options, name = pointer.model._meta, pointer.field.name
    found = [
        Unique(rest_of(c, name), c.condition)
        for c in options.constraints
        if isinstance(c, UniqueConstraint) and names_in(c, name)
    ]
    found += [
        Unique(tuple(F(field) for field in fields if field != name), None)
        for fields in options.unique_together
        if name in fields
    ]
    if pointer.field.unique:
        found.append(Unique((), None))
    return found


def names_in(constraint: UniqueConstraint, name: str) -> bool:
    return name in constraint.fields or any(
        is_just(expression, name) for expression in constraint.expressions
    )


def is_just(expression: Any, name: str) -> bool:
    return isinstance(expression, F) and vars(expression)["name"] in (
        name,
        f"{name}_id",
    )


def rest_of(constraint: UniqueConstraint, name: str) -> tuple:
    return (
        *(F(field) for field in constraint.fields if field != name),
        *(e for e in constraint.expressions if not is_just(e, name)),
    )


def collisions(
    pointer: Pointer, *, coming: QuerySet, there: QuerySet
) -> list[tuple[Any, Any]]:
    """Keys of rows that come, each with that of a row which is there already."""
    found: set[tuple[Any, Any]] = set()
    for unique in uniques(pointer):
        theirs = unique.narrow(there).filter(unique.same_as_outer())
        first = Subquery(theirs.order_by("pk").values("pk")[:1])
        mine = unique.narrow(coming).annotate(_in_the_way=first)
        rows = mine.filter(_in_the_way__isnull=False)
        found.update(rows.values_list("pk", "_in_the_way"))
    return sorted(found, key=str)


@dataclass(frozen=True, kw_only=True)
class Settled:
    """Which of the rows that collide outlive the others. `risen` come and push
    `folded` aside; `stayed` do not come."""

    risen: Sequence[Any] = ()
    folded: Sequence[Any] = ()
    stayed: Sequence[Any] = ()


def settled(pointer: Pointer, pairs: Iterable[tuple[Any, Any]]) -> Settled:
    """Rows that collide with each other, also by way of a third, share one fate."""
    pairs = list(pairs)
    if not pairs:
        return Settled()
    order = getattr(pointer.model, "survives_merge", ("pk",))
    keys = {key for pair in pairs for key in pair}
    rows = pointer.model._base_manager.filter(pk__in=keys).order_by(*order, "pk")
    rank = {pk: n for n, pk in enumerate(rows.values_list("pk", flat=True))}
    coming = {mine for mine, _theirs in pairs}
    found: dict[str, list[Any]] = defaultdict(list)
    for knot in knots(pairs):
        rises = min(knot, key=rank.__getitem__) in coming
        for key in sorted(knot, key=rank.__getitem__):
            if key in coming:
                found["risen" if rises else "stayed"].append(key)
            elif rises:
                found["folded"].append(key)
    return Settled(**found)


def knots(pairs: Iterable[tuple[Any, Any]]) -> list[set[Any]]:
    found: list[set[Any]] = []
    for pair in pairs:
        touched = [knot for knot in found if knot & set(pair)]
        found = [knot for knot in found if knot not in touched]
        found.append(set(pair).union(*touched))
    return found


# --- rows that hang on an id of the contact -------------------------------------------


def by_way_of_an_id(pointer: Pointer) -> list[str]:
    """Lookups from its rows to the contact of an identity that they hang on, such as
    `follow__identity__contact` of a tagging."""
    ways = []
    for field in links_of(pointer.model):
        if field.related_model is Identity:
            ways.append(f"{field.name}__contact")
        elif field.related_model is not Contact:
            ways += [
                f"{field.name}__{further.name}__contact"
                for further in links_of(field.related_model)
                if further.related_model is Identity
            ]
    return ways


def links_of(model: Any) -> list[ForeignKey]:
    return [f for f in model._meta.get_fields() if isinstance(f, ForeignKey)]


def told_by_id() -> list[tuple[str, type[Model], str]]:
    """What facts of an event may name that hangs on an identity: `follow_id`, the
    model, and the field with its identity."""
    return [
        (f"{model._meta.model_name}_id", model, field.name)
        for model in apps.get_models()
        for field in links_of(model)
        if field.related_model is Identity
    ]

"""A model that a merge could not move is refused when the product starts."""

from collections.abc import Collection, Iterator
from typing import Any

from django.apps import apps
from django.contrib.contenttypes.fields import GenericForeignKey
from django.contrib.postgres.constraints import ExclusionConstraint
from django.core.checks import CheckMessage, Error, register
from django.db.models import UniqueConstraint

from apps.contacts.pointers import Pointer, names_in, pointers


@register("models")
def check_pointers(
    app_configs: Collection[Any] | None = None, **_options: Any
) -> list[CheckMessage]:
    found = [wrong for pointer in pointers() for wrong in wrongs_of(pointer)]
    for model in apps.get_models():
        if model.__module__.startswith("apps.") and any(
            isinstance(field, GenericForeignKey) for field in model._meta.private_fields
        ):
            found.append(
                Error(
                    "A link without a model of its own cannot be followed by a merge.",
                    hint="Give it a foreign key.",
                    obj=model,
                    id="contacts.E001",
                )
            )
    return found


def wrongs_of(pointer: Pointer) -> Iterator[CheckMessage]:
    model, name = pointer.model, pointer.field.name
    if pointer.field.primary_key:
        yield Error(
            "A row whose number is the contact's cannot be moved by a merge.",
            hint="Give it a number of its own, and a unique constraint.",
            obj=model,
            id="contacts.E002",
        )
    for constraint in model._meta.constraints:
        if isinstance(constraint, ExclusionConstraint) and any(
            expression == name for expression, _operator in constraint.expressions
        ):
            yield Error(
                f"A merge cannot tell which rows {constraint.name} keeps apart.",
                hint="Say it as a unique constraint.",
                obj=model,
                id="contacts.E003",
            )
        if (
            isinstance(constraint, UniqueConstraint)
            and constraint.nulls_distinct is False
            and names_in(constraint, name)
        ):
            yield Error(
                f"A merge does not see rows that {constraint.name} takes for equal "
                "since both are empty.",
                hint="Leave nulls distinct, or forbid them.",
                obj=model,
                id="contacts.E004",
            )

"""Several things told at once: each is looked at, and refused, by itself.

The answer to a single one that is wrong is a problem; of several, only a request that
is no list of things is.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.serializers import Serializer

from apps.common.api.fields import no_such_fields
from apps.common.api.problems import pointed, printable


class Refusal(StrEnum):
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Told:
    """One of them: its value, or what is wrong with it."""

    raw: Any
    value: dict[str, Any] | None = None
    errors: list[dict[str, str]] = field(default_factory=list)


def told_one_by_one(
    data: Any, form: type[Serializer], *, within: str, most: int, single: bool = True
) -> list[Told]:
    """Those in the list called `within`, or the single one that the body is."""
    if isinstance(data, dict) and within in data:
        if unknown := data.keys() - {within}:
            raise no_such_fields(unknown)
        rows = data[within]
        if not isinstance(rows, list) or not 1 <= len(rows) <= most:
            words = _("A list of 1 to %(most)d.") % {"most": most}
            raise ValidationError({within: [ErrorDetail(words, "length")]})
        check = form()  # made once: it costs more than looking at a row
        return [looked_at(row, check) for row in rows]
    if not single:
        words = _("A list of 1 to %(most)d.") % {"most": most}
        raise ValidationError({within: [ErrorDetail(words, "required")]})
    checked = form(data=data)
    checked.is_valid(raise_exception=True)
    return [Told(raw=data, value=checked.validated_data)]


def looked_at(row: Any, check: Serializer) -> Told:
    try:
        return Told(raw=row, value=check.run_validation(row))
    except ValidationError as wrong:
        return Told(raw=row, errors=list(pointed(wrong.detail, "#")))


def results_of(
    told: Iterable[Told],
    done: Iterable[Any],
    *,
    name: str,
    kept: Callable[[dict[str, Any], Any], dict[str, Any]],
) -> list[dict[str, Any]]:
    """The result of each in their order: refused, or what became of its value."""
    outcomes = iter(done)
    return [
        refused(each, name) if each.value is None else kept(each.value, next(outcomes))
        for each in told
    ]


def refused(told: Told, name: str) -> dict[str, Any]:
    """Its result; `name` is the field by which its system knows it."""
    known = told.raw.get(name) if isinstance(told.raw, dict) else None
    return {
        name: printable(known)[:64] if isinstance(known, str) else None,
        "outcome": str(Refusal.REFUSED),
        "errors": told.errors,
    }

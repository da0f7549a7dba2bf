"""Filters behind the "?": a moment, a number of ours; what is wrong is told."""

from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters import FilterSet
from django_filters.filters import Filter
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import ErrorDetail
from rest_framework.request import Request

from apps.common.api.fields import Moment, moment_of
from apps.common.api.problems import InvalidParameters
from apps.common.filters import whole_number

NOBODYS = -1  # no row has this number


class MomentField(forms.CharField):
    def clean(self, value: Any) -> datetime | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        if (moment := moment_of(text.replace(" ", "+"))) is None:
            raise ValidationError(Moment.default_error_messages["invalid"], "invalid")
        return moment


class DigitsField(forms.CharField):
    def clean(self, value: Any) -> int | None:  # type: ignore[override]
        text = super().clean(value)
        if not text:
            return None
        number = whole_number(text)
        return NOBODYS if number is None else number


class MomentFilter(Filter):
    """A plus in an address is a space, unless it is escaped: both are understood."""

    field_class = MomentField


class DigitsFilter(Filter):
    """Somebody's number; what is none belongs to nobody."""

    field_class = DigitsField


def narrowed(kind: type[FilterSet], request: Request, rows: QuerySet) -> QuerySet:
    """The rows that are asked for. A word that is there twice is a mistake."""
    asked = request.query_params
    if twice := [name for name in asked if len(asked.getlist(name)) > 1]:
        wrong = [ErrorDetail("only once", "repeated")]
        raise InvalidParameters(dict.fromkeys(twice, wrong))
    filters = kind(asked, queryset=rows)
    if not filters.is_valid():
        raise InvalidParameters(
            {
                name: [ErrorDetail(each.message, each.code) for each in wrong.as_data()]
                for name, wrong in filters.errors.items()
            }
        )
    found: QuerySet = filters.qs
    return found


def documented(kind: type[FilterSet]) -> list[OpenApiParameter]:
    """The filters as the API's document shows them."""
    return [
        OpenApiParameter(
            name, shape_of(each), description=each.extra.get("help_text", "")
        )
        for name, each in kind.base_filters.items()
    ]


def shape_of(each: Filter) -> dict[str, Any]:
    if choices := each.extra.get("choices"):
        return {"type": "string", "enum": [value for value, _words in choices]}
    if isinstance(each, MomentFilter):
        return {"type": "string", "format": "date-time"}
    if isinstance(each, DigitsFilter):
        return {"type": "string", "pattern": "^[0-9]{1,18}$"}
    return {"type": "string", "maxLength": each.extra.get("max_length", 64)}

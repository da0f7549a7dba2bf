"""The values that travel: ids as strings, money in fen, moments with their offset."""

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

MOST_FEN = 10**14  # a billion yuan a thousand times over: whatever is more is a mistake
MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)"
)
CLOCKS_DIFFER = timedelta(days=1)
FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
MOST_FACTS = 4_096  # characters
# In JSON of ASCII: NUL, or half a character without the other.
HIGH, LOW = r"\\ud[89ab][0-9a-f]{2}", r"\\ud[c-f][0-9a-f]{2}"
BAD_ESCAPE = re.compile(rf"\\u0000|{HIGH}(?!{LOW})|(?<!{HIGH}){LOW}")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


class Strict(serializers.Serializer):
    """Refuses what it does not know: a misspelt name must not be lost in silence."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and (unknown := data.keys() - self.fields.keys()):
            raise no_such_fields(unknown)
        return super().to_internal_value(data)


def no_such_fields(names: Iterable[str]) -> serializers.ValidationError:
    """Of each name by itself; a request may have made up thousands."""
    wrong = serializers.ErrorDetail(gettext("There is no such field."), "unknown_field")
    return serializers.ValidationError({name: [wrong] for name in sorted(names)[:20]})


class Text(serializers.CharField):
    """Text as it is: a number is none. Without characters that are invisible."""

    default_error_messages = {"invisible": _("There is a control character in it.")}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if CONTROL.search(data):
            self.fail("invisible")
        text: str = super().to_internal_value(data)
        return text


class Whole(serializers.IntegerField):
    """A whole number, written as one: neither "1" nor 1.0 nor true."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        number: int = super().to_internal_value(data)
        return number


@extend_schema_field(OpenApiTypes.INT64)
class Fen(Whole):
    """Money in whole fen, the hundredths of a yuan."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MOST_FEN, **options})


@extend_schema_field(OpenApiTypes.DATETIME)
class Moment(serializers.Field):
    """When something happened; RFC 3339 with its offset."""

    default_error_messages = {
        "invalid": _(
            "A moment is written with its offset, as in 2026-03-08T14:08:00+08:00."
        ),
        "in_the_future": _("This has not happened yet."),
    }

    def to_internal_value(self, data: Any) -> datetime:
        moment = moment_of(data) if isinstance(data, str) else None
        if moment is None:
            raise serializers.ValidationError(self.error_messages["invalid"], "invalid")
        if moment > timezone.now() + CLOCKS_DIFFER:
            self.fail("in_the_future")
        return moment

    def to_representation(self, value: datetime) -> str:
        return rfc3339(value)


@extend_schema_field({"type": "object", "additionalProperties": True})
class Facts(serializers.Field):
    """An object of JSON, of a size that a page can show."""

    default_error_messages = {
        "invalid": _("This is not an object."),
        "too_large": _("This is more than 4 kB."),
        "invisible": _("There is a control character in it."),
    }

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        text = json.dumps(data, ensure_ascii=True)
        if len(text) > MOST_FACTS:
            self.fail("too_large")
        if BAD_ESCAPE.search(text.replace("\\\\", "")):
            self.fail("invisible")
        facts: dict[str, Any] = data
        return facts

    def to_representation(self, value: dict[str, Any]) -> dict[str, Any]:
        return value


@extend_schema_field(OpenApiTypes.STR)
class Id(serializers.Field):
    """A number of ours as a string: JavaScript loses what is beyond 2^53."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"read_only": True, **options})

    def to_representation(self, value: Any) -> str:
        return str(value)


def moment_of(text: str) -> datetime | None:
    if not MOMENT.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.upper())
        return moment if FIRST <= moment <= LAST else None
    except (ValueError, OverflowError):  # the 31st of February; the year 0
        return None


def rfc3339(value: datetime) -> str:
    return timezone.localtime(value).isoformat(timespec="seconds")

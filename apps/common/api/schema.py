"""The OpenAPI document: what each endpoint asks for and answers, and what may go wrong.

It is generated from the endpoints; a copy is kept in docs/openapi.json, so that every
change of the API shows where it is reviewed (tests/docs/openapi.py writes it).
"""

import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.utils.translation import gettext_lazy as _
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers

from apps.common.api.cursors import LIMIT, MOST
from apps.common.api.once import HEADER
from apps.common.api.problems import KINDS, PROBLEM_JSON

ALWAYS = (400, 401, 403, 404, 405, 406, 429, 500, 503)
FOR_WRITERS = (409, 413, 415, 422)


def in_path(name: str) -> OpenApiParameter:
    """One of our numbers, in an address."""
    digits = {"type": "string", "pattern": "^[0-9]{1,18}$"}
    return OpenApiParameter(name, digits, OpenApiParameter.PATH)


PROBLEM = {
    "type": "object",
    "description": "RFC 9457.",
    "required": ["type", "title", "status", "detail", "instance", "code"],
    "properties": {
        "type": {"type": "string", "description": _("A page that explains this kind.")},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": _("The id of the request.")},
        "code": {"type": "string", "enum": list(KINDS)},
        "errors": {
            "type": "array",
            "description": _("Every wrong value, and where it stands."),
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": _("Into the body.")},
                    "parameter": {"type": "string", "description": _("Behind the ?.")},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER,
    {"type": "string", "pattern": '^"?[!-~]{1,255}"?$'},
    OpenApiParameter.HEADER,
    required=True,
    description=_(
        "Another for every request, the same when it is tried again: then it has its "
        "effect once, and the first answer comes again. Kept for 24 hours."
    ),
)
PAGING = [
    OpenApiParameter("cursor", str, description=_("As in `next` or `prev`.")),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT},
        description=_("How many at once."),
    ),
    OpenApiParameter(
        "total",
        {"type": "string", "enum": ["true", "false"], "default": "false"},
        description=_("Count them as well."),
    ),
]


def example(body: dict[str, Any]) -> list[OpenApiExample]:
    """A body as it may be sent."""
    return [OpenApiExample("example", value=body, request_only=True)]


class TotalOut(serializers.Serializer):
    count = serializers.IntegerField()
    exact = serializers.BooleanField(help_text=_("If not, there are at least so many."))


class PageOut(serializers.Serializer):
    """A page of a list; subclasses have its `data`."""

    next = serializers.CharField(
        allow_null=True, help_text=_("The page after this one.")
    )
    prev = serializers.CharField(allow_null=True, help_text=_("The page before it."))
    total = TotalOut(required=False)


class Operations(AutoSchema):
    """Says of every operation what all of them have in common."""

    def get_auth(self) -> list[dict[str, list]]:
        return [{self.view.shows: []}] if self.view.shows else []

    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        writes = self.method != "GET"
        for status in sorted((*ALWAYS, *(FOR_WRITERS if writes else ()))):
            operation["responses"][str(status)] = {
                "description": codes_of(status),
                "content": {
                    PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}}
                },
            }
        if not writes:
            operation["responses"]["304"] = {"description": "not_modified"}
        if scope := self.view.scopes.get(self.method):
            operation["x-scope"] = scope
        return operation


def codes_of(status: int) -> str:
    return ", ".join(code for code, kind in KINDS.items() if kind.status == status)


def with_what_all_share(result: dict[str, Any], **others: Any) -> dict[str, Any]:
    """A hook of drf-spectacular: how a key is sent, and what a problem looks like."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    bearer = {"type": "http", "scheme": "bearer"}
    components["securitySchemes"] = {
        "key": {**bearer, "description": _("The key of another system.")},
        "token": {**bearer, "description": _("The token of a visitor.")},
    }
    return result


def document() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator  # needs every address
    from drf_spectacular.validation import validate_schema

    lazy = SchemaGenerator().get_schema(public=True)
    made: dict[str, Any] = json.loads(json.dumps(lazy, cls=DjangoJSONEncoder))
    validate_schema(made)
    return made

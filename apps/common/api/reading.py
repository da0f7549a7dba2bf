"""The API to read: the document for machines, a page for people, and every problem."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from apps.common.api.problems import KINDS
from apps.common.api.schema import document

JSON = "application/json"
BRIEF = ("anyOf", "oneOf", "allOf")


@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    shown = {"ensure_ascii": False, "indent": 1}
    return JsonResponse(document(), json_dumps_params=shown)


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    return TemplateResponse(request, "api/problems.html", {"kinds": KINDS})


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    made = document()
    context = {"info": made["info"], "operations": operations(made)}
    return TemplateResponse(request, "api/page.html", context)


def operations(made: dict[str, Any]) -> list[dict[str, Any]]:
    """What a reader wants to know of each, in the order of the addresses."""
    schemas = made["components"]["schemas"]
    return [
        {
            "id": operation["operationId"],
            "method": method.upper(),
            "path": path,
            "what": operation.get("description", ""),
            "scope": operation.get("x-scope", ""),
            "parameters": operation.get("parameters", []),
            "body": fields_in(operation.get("requestBody"), schemas),
            "example": example_in(operation.get("requestBody")),
            "answer": fields_in(succeeding(operation), schemas),
            "statuses": [
                (status, answer["description"])
                for status, answer in sorted(operation["responses"].items())
            ],
        }
        for path, methods in made["paths"].items()
        for method, operation in methods.items()
    ]


def succeeding(operation: dict[str, Any]) -> dict[str, Any] | None:
    return next(
        (a for status, a in operation["responses"].items() if status[0] == "2"), None
    )


def example_in(body: dict[str, Any] | None) -> str:
    """As it may be sent; empty where nothing is."""
    examples = (body or {}).get("content", {}).get(JSON, {}).get("examples", {})
    shown = [each["value"] for each in examples.values()]
    return json.dumps(shown[0], ensure_ascii=False, indent=2) if shown else ""


def fields_in(
    part: dict[str, Any] | None, schemas: dict[str, Any]
) -> list[dict[str, Any]]:
    content = (part or {}).get("content", {})
    return list(rows_of(content[JSON]["schema"], schemas)) if JSON in content else []


def rows_of(shape: dict[str, Any], schemas: dict[str, Any], depth: int = 0) -> Any:
    """A line for every field, those within others further in."""
    if depth > 6:
        return
    if "$ref" in shape:
        shape = schemas[shape["$ref"].rpartition("/")[2]]
    for choice in BRIEF:
        for number, inner in enumerate(shape.get(choice, ())):
            if choice != "allOf" and number and inner != {"type": "null"}:
                yield {"name": "", "or": True, "depth": depth}
            yield from rows_of(inner, schemas, depth)
    if shape.get("type") == "array":
        yield from rows_of(shape["items"], schemas, depth)
    for name, field in shape.get("properties", {}).items():
        yield {
            "name": name,
            "depth": depth,
            "type": type_of(field, schemas),
            "required": name in shape.get("required", ()),
            "what": field.get("description", ""),
        }
        yield from rows_of(field, schemas, depth + 1)


def type_of(field: dict[str, Any], schemas: dict[str, Any]) -> str:
    if "$ref" in field:
        return type_of(schemas[field["$ref"].rpartition("/")[2]], schemas)
    for choice in BRIEF:
        if choice in field:
            return " | ".join(type_of(inner, schemas) for inner in field[choice])
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    kind = field.get("type", "any")
    kind = " | ".join(kind) if isinstance(kind, list) else kind
    if kind == "array":
        return f"{type_of(field['items'], schemas)}[]"
    return f"{kind} ({field['format']})" if "format" in field else kind

"""Whatever the API's document allows, and whatever it does not, is answered as it says.

The operations are those of the document, so that a new endpoint is attacked without
anybody remembering it. The numbers are those of the attacks.
"""

import itertools
import re
from typing import Any

import pytest
import schemathesis
from django.urls import get_resolver
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from apps.common.api.problems import PROBLEM_JSON
from apps.contacts.models import Contact
from tests import make
from tests.backoffice.attacked import everything, patterns, signed_in
from tests.common.api.asking import MADE, asker, of_a_campaign, shows
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db

OPERATIONS = [
    (method, path) for path, methods in MADE["paths"].items() for method in methods
]
METHODS = ["get", "post", "put", "patch", "delete", "options", "trace"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
SOME = 30  # requests of each kind to each operation

each_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS)


def address(path: str, **known: object) -> str:
    return re.sub(r"\{(\w+)\}", lambda place: str(known.get(place[1], 1)), path)


def rows_that_exist(contact: Contact | None) -> dict[str, Any]:
    """By what stands for them in addresses; what is a visitor's is this one's."""
    order, segment = make.order(), make.segment()
    task = make.task(order.contact)
    make.note(order.contact)
    return {
        "segment_id": segment.pk,
        "contact_id": order.contact_id,
        "order_id": order.pk,
        "lead_id": make.lead(order.contact).pk,
        "task_id": task.pk,
        **of_a_campaign(contact or make.contact("获奖人")),
    }


def send(shop, method: str, path: str, body: object = None, **headers):
    more = (
        {"content_type": "application/json", "data": body} if body is not None else {}
    )
    known = shop.headers | {"Idempotency-Key": "k"} | headers
    return getattr(shop.http, method)(path, headers=known, **more)


@each_operation
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_nothing_that_is_sent_makes_us_stumble(
    live_server, sandbox, method, path, mode
):
    """Of what may be sent, half is sent to rows that exist."""
    asks = asker(method, path)
    headers, known = asks.headers, {}
    if mode == GenerationMode.POSITIVE and "{" in path:
        known = rows_that_exist(asks.contact)
    turns = itertools.cycle((True, False))
    schema = schemathesis.openapi.from_dict(MADE)
    operation = schema[path][method.upper()]

    @settings(
        max_examples=SOME,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def attack(case):
        if known and next(turns):
            named = case.path_parameters
            named.update(
                {name: str(known[name]) for name in named.keys() & known.keys()}
            )
        case.call_and_validate(
            base_url=live_server.url,
            headers=headers,
            checks=CHECKS,
        )

    attack()


def test_every_address_of_the_api_is_in_the_document():
    routes = {
        re.sub(r"<\w+:(\w+)>", r"{\1}", route)
        for route, _pattern in patterns(get_resolver())
        if route.startswith("/api/v1/")
    }

    assert routes == set(MADE["paths"])


@each_operation
class TestEveryOperation:
    def test_is_closed_to_whoever_shows_no_key(self, method, path, client):
        """Attack 15."""
        if not shows(method, path):
            return
        root = signed_in(make.user(role="admin", is_superuser=True))

        for visitor in (client, root):
            answer = getattr(visitor, method)(address(path))
            assert answer.status_code == 401
            assert answer["Content-Type"] == PROBLEM_JSON

    def test_is_closed_to_a_key_without_the_right(self, method, path):
        """Attack 15."""
        needs = MADE["paths"][path][method].get("x-scope")
        if needs is None:
            return
        others = {"orders:read", "orders:write", "events:write"} - {needs}

        answer = send(Shop(make.key(*others)), method, address(path), {})

        assert answer.status_code == 403
        assert answer.json()["code"] == "permission_denied"

    def test_does_nothing_by_another_method(self, method, path):
        """Attack 15."""
        shop, before = asker(method, path), everything()
        known = {each for each, of in OPERATIONS if of == path}

        for other in {*METHODS} - known:
            answer = send(shop, other, address(path))
            assert (answer.status_code, answer["Content-Type"]) == (405, PROBLEM_JSON)
        assert changed(before) <= {"clients_key", "common_allowance"}

    def test_refuses_what_it_does_not_know(self, method, path):
        """Attacks 14, 22 and 23."""
        shop = asker(method, path)

        for word in ("expand", "owner__password__startswith", "_connector", "sort"):
            answer = send(shop, method, f"{address(path)}?{word}=1", {})
            assert answer.status_code == 400
            assert answer.json()["code"] == "invalid"

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\x00",
            b"\xff\xfe{}",
            b'{"a": "\\u0000"}',
            b'{"\\ud800": 1}',
            b"[" * 200_000,
            b'{"orders": [' + b"{}," * 100_000 + b"{}]}",
            b'"' + b"\\u0301" * 10_000 + b'"',
            b"9" * 5_000,
            b'{"orders": [1e999]}',
        ],
        ids=range(10),
    )
    def test_stands_a_body_that_is_meant_to_harm(self, method, path, body):
        """Attack 27."""
        if method == "get" or (not body and needs_nothing(method, path)):
            return
        shop = asker(method, path)
        before = everything()

        answer = shop.http.generic(
            method.upper(),
            address(path),
            body,
            content_type="application/json",
            headers=shop.headers | {"Idempotency-Key": "k"},
        )

        assert answer.status_code == 400
        assert answer["Content-Type"] == PROBLEM_JSON
        assert changed(before) <= {"clients_key", "common_allowance"}

    def test_turns_away_what_is_too_large(self, method, path):
        if method == "get":
            return
        body = b'{"a": "' + b"a" * (2 * 1024 * 1024) + b'"}'

        answer = send(asker(method, path), method, address(path), body)

        assert answer.status_code == 413

    def test_shows_nothing_that_is_not_in_the_document(self, method, path):
        """Attack 16."""
        if method != "get":
            return
        shop = asker(method, path)
        known = rows_that_exist(shop.contact)

        answer = send(shop, method, address(path, **known))

        assert answer.status_code == 200
        told = MADE["paths"][path][method]["responses"]["200"]
        shape = told["content"]["application/json"]["schema"]
        assert unknown_in(answer.json(), shape) == []
        assert "138" not in answer.content.decode()


def needs_nothing(method: str, path: str) -> bool:
    """May its body be empty?"""
    body = MADE["paths"][path][method].get("requestBody")
    if body is None:
        return True
    [told] = body["content"].values()
    shape = told["schema"]
    if "$ref" in shape:
        shape = MADE["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    return not shape.get("required")


def changed(before: dict[str, list[str]]) -> set[str]:
    return {table for table, rows in everything().items() if rows != before[table]}


def unknown_in(value: object, shape: dict) -> list[str]:
    """Names that are in the answer and not in its schema."""
    while "$ref" in shape:
        shape = MADE["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
    if choices := shape.get("oneOf", shape.get("anyOf")):  # something, or null
        return min((unknown_in(value, each) for each in choices), key=len)
    if isinstance(value, list):
        return [name for each in value for name in unknown_in(each, shape["items"])]
    if not isinstance(value, dict):
        return []
    known = shape.get("properties", {})
    found = [name for name in value if name not in known]
    for name in value.keys() & known.keys():
        found += unknown_in(value[name], known[name])
    return found

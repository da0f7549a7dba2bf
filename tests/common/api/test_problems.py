"""Whatever goes wrong under /api/ is told in one form, and in Chinese."""

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import Client
from rest_framework.exceptions import ErrorDetail, NotAcceptable, ValidationError

from apps.clients import api
from apps.common.api.problems import KINDS, answered
from apps.common.errors import Refused, TryLater
from tests import make
from tests.backoffice.reading import faults
from tests.clients.test_api import HERE, bearer

HAN = re.compile("[\u4e00-\u9fff]")

# What no language but English has a name for.
NAMES = """
Idempotency-Key Retry-After Authorization Accept Allow Bearer Content-Type
application/json OpenAPI JSON ASCII UTF-8 RFC errors detail instance next
"""


class OutOfStock(Refused):
    """The rules say no."""

    code = "out_of_stock"


def secret_bug():
    raise RuntimeError("13800138000")


@pytest.mark.parametrize(
    ("raised", "status", "code"),
    [
        (Http404(), 404, "not_found"),
        (PermissionDenied(), 403, "permission_denied"),
        (NotAcceptable(), 406, "not_acceptable"),
        (OutOfStock(), 409, "refused"),
        (TryLater(), 503, "unavailable"),
        (OperationalError("gone"), 503, "unavailable"),
        (RuntimeError("13800138000"), 500, "error"),
        (ValidationError({"a": ["wrong"]}), 400, "invalid"),
    ],
)
def test_each_kind_of_failure_has_its_answer(raised, status, code):
    answer = answered(raised, {})

    assert (answer.status_code, answer.data["status"]) == (status, status)
    assert answer.data["code"] == code
    assert HAN.search(answer.data["title"])
    assert HAN.search(answer.data["detail"])
    assert "13800138000" not in str(answer.data)
    assert ("Retry-After" in answer.headers) == (status == 503)


def test_a_refusal_is_told_in_its_own_words_and_by_its_code():
    assert "out_of_stock" in answered(OutOfStock(), {}).data["detail"]


def test_every_wrong_value_is_told_with_its_place():
    wrong = ErrorDetail("错了", "max_value")
    tree = {
        "orders": [{}, {"lines": [{"a/b~c": [wrong]}], "non_field_errors": [wrong]}],
        "\ud800": ["half a character"],
    }

    errors = answered(ValidationError(tree), {}).data["errors"]

    assert [error["pointer"] for error in errors] == [
        "#/orders/1/lines/0/a~1b~0c",
        "#/orders/1",
        "#/?",
    ]
    assert errors[0]["code"] == "max_value"
    assert str(errors).encode()


@pytest.mark.django_db
class TestOverHttp:
    @pytest.mark.parametrize(
        "address",
        [
            "/api/nothing",
            "/api/v1/",
            "/api/v1",
            "/api/v1/client/",
            "/api/%00",
            "/api/v2",
        ],
    )
    @pytest.mark.parametrize(
        "method", ["get", "post", "put", "patch", "delete", "options", "trace"]
    )
    def test_there_is_nothing_at_an_address_that_is_none(self, client, address, method):
        answer = getattr(client, method)(address)

        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "not_found"

    @pytest.mark.parametrize(
        "method", ["post", "put", "patch", "delete", "options", "trace"]
    )
    def test_what_an_address_does_not_know_is_405(self, client, method):
        answer = getattr(client, method)(HERE, headers=bearer(make.key()))

        assert answer.status_code == 405
        assert "GET" in answer["Allow"]
        assert answer.json()["code"] == "method_not_allowed"

    def test_a_bug_is_no_page_and_tells_nothing(self, monkeypatch):
        monkeypatch.setattr(api.WhoAmI, "get", lambda *_: secret_bug())
        visitor = Client(raise_request_exception=False)

        answer = visitor.get(HERE, headers=bearer(make.key()))

        assert answer.status_code == 500
        assert answer.json()["code"] == "error"
        assert "13800138000" not in answer.content.decode()

    def test_what_django_refuses_by_itself_looks_the_same(self):
        answer = Client().get("/api/v1/client", headers={"Host": "evil.example"})

        assert answer.status_code == 400
        assert answer["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == "bad_request"

    def test_the_instance_is_the_id_of_the_request(self, client):
        answer = client.get("/api/nothing", headers={"X-Request-Id": "my-request-1"})

        assert answer.json()["instance"] == answer["X-Request-Id"] == "my-request-1"

    def test_the_type_leads_to_a_page_that_explains_it(self, client):
        address, place = client.get("/api/nothing").json()["type"].split("#")

        page = client.get(address).content.decode()

        assert f'id="{place}"' in page
        assert all(f'id="{code}"' in page for code in KINDS)
        longest_first = sorted(KINDS, key=len, reverse=True)
        assert faults(page, names=f"{' '.join(longest_first)} {NAMES}") == []

    def test_a_parameter_that_nobody_knows_is_refused(self, client):
        answer = client.get(f"{HERE}?who=me&%00=1", headers=bearer(make.key()))

        assert answer.status_code == 400
        assert {e["parameter"] for e in answer.json()["errors"]} == {"who", "\ufffd"}

    def test_what_is_known_already_is_not_sent_again(self, client):
        known = bearer(make.key())
        tag = client.get(HERE, headers=known)["ETag"]

        same = client.get(HERE, headers=known | {"If-None-Match": f'"x", W/{tag}'})
        other = client.get(HERE, headers=known | {"If-None-Match": '"x"'})

        assert (same.status_code, same.content, same["ETag"]) == (304, b"", tag)
        assert other.status_code == 200

"""Each endpoint that is told something says in the document how, and takes it so."""

import json

import jsonschema_rs
import pytest
from django.http import HttpResponse

from tests import make
from tests.common.api.asking import asker
from tests.common.api.examples import (
    JSON,
    MADE,
    TOLD,
    a_prize,
    example_of,
    known,
    make_codes_good,
)

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("path", "body"), TOLD, ids=[path for path, _body in TOLD])
class TestTheExample:
    def test_is_as_the_document_says(self, path, body):
        shape = {**body["content"][JSON]["schema"], "components": MADE["components"]}

        assert jsonschema_rs.is_valid(shape, example_of(body))

    def test_is_taken(self, corp, sandbox, path, body):
        make_codes_good(corp)
        asks = asker("post", path)
        won = a_prize(asks.contact or make.contact("获奖人"))
        answer: HttpResponse = asks.http.post(
            path.format(**known(), **won),
            json.dumps(example_of(body)),
            content_type=JSON,
            headers=asks.headers | {"Idempotency-Key": "k"},
        )

        assert answer.status_code in (200, 201, 204)
        assert "refused" not in answer.content.decode()


def test_the_page_for_readers_shows_them(client):
    page = client.get("/api/").content.decode()

    assert page.count("<pre") == len(TOLD)
    assert "E20260308001" in page

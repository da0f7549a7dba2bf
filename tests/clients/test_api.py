"""Who comes in, and who stays outside."""

import pytest

from apps.clients.models import Key
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day

pytestmark = pytest.mark.django_db

HERE = "/api/v1/client"


def bearer(shown: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {shown}"}


def test_a_key_says_whose_it_is(client):
    shown = make.key("orders:read", of=make.client(per_minute=60))

    answer = client.get(HERE, headers=bearer(shown))

    assert answer.json() == {
        "name": "有赞商城",
        "system": "youzan",
        "scopes": ["orders:read"],
        "expires_at": None,
        "per_minute": 60,
    }


@pytest.mark.parametrize(
    "header",
    ["", "Bearer", "Bearer ", "Bearer scrm_x", "Basic YTpi", "Token {}", "{}"],
)
def test_nobody_comes_in_without_one(client, header):
    shown = make.key()

    answer = client.get(HERE, headers={"Authorization": header.format(shown)})

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="scrm"'
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_authenticated"


def test_a_key_that_was_revoked_opens_nothing_at_once(client):
    shown = make.key()
    assert client.get(HERE, headers=bearer(shown)).status_code == 200

    Key.objects.update(revoked_at=day(1))

    assert client.get(HERE, headers=bearer(shown)).status_code == 401


def test_who_is_signed_in_to_the_admin_is_nobody_here():
    visitor = signed_in(make.user("root", role="admin", is_superuser=True))

    assert visitor.get(HERE).status_code == 401


def test_the_admin_does_not_know_keys(client):
    answer = client.get("/admin/contacts/contact/", headers=bearer(make.key()))

    assert answer.status_code == 302

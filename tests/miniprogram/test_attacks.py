"""What visitors must not get, at every door of theirs that the document names. The
numbers are those of the attacks."""

import re

import pytest

from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.models import Contact
from tests import make
from tests.common.api.asking import MADE, of_a_campaign, shows
from tests.conftest import day
from tests.miniprogram.client import signed_in
from tests.orders.telling import Shop

pytestmark = pytest.mark.django_db

DOORS = [
    (method, path)
    for path, methods in MADE["paths"].items()
    for method in methods
    if shows(method, path) == "token"
]
SHARED = "/api/v1/mini/teams/{ref}"  # whoever was sent its number may look
OTHERS = {"unionid": "oUnionOfHers", "openid": "oOpenOfHers", "phone": "13800000001"}
NAME = "欧阳明月"


def ask(phone, method, path, **known):
    address = re.sub(r"\{(\w+)\}", lambda place: str(known.get(place[1], 1)), path)
    more = {"data": {}, "content_type": "application/json"} if method == "post" else {}
    headers = phone.headers | {"Idempotency-Key": "k"}
    return getattr(phone.http, method)(address, headers=headers, **more)


@pytest.fixture
def hers():
    """Somebody who takes part and has won, with every id that there is."""
    contact = make.contact(NAME)
    ids = [
        Id("union", OTHERS["unionid"]),
        Id("open", OTHERS["openid"], "wx0123456789abcdef"),
        Id("phone", OTHERS["phone"]),
    ]
    told = [Known(contact.pk, each, verified=True) for each in ids]
    keep_ids(told, source="client", at=day(1))
    make.points_entry(contact, points=77_777)
    return of_a_campaign(contact)


def test_what_is_anothers_is_not_there(hers):
    """Attacks 11 and 16."""
    statuses = {}
    for number, (method, path) in enumerate(DOORS):
        if path.endswith("/sign-out"):
            continue
        phone = signed_in(make.contact(f"甲{number}"))

        answer = ask(phone, method, path, **hers)

        shown = answer.content.decode()
        assert [v for v in (*OTHERS.values(), NAME, "77777") if v in shown] == []
        if "{" in path and answer.status_code != 404:
            statuses[method, path] = answer.status_code
    # a body is looked at first; a team that is over takes nobody
    assert statuses == {
        ("get", SHARED): 200,
        ("post", f"{SHARED}/join"): 409,
        ("post", "/api/v1/mini/me/prizes/{grant_id}/address"): 400,
    }


def test_a_key_of_another_system_opens_none_of_them(hers):
    """Attack 15."""
    shop = Shop()

    answers = [ask(shop, method, path, **hers) for method, path in DOORS]

    assert {answer.status_code for answer in answers} == {401}


def test_the_owner_sees_no_id_of_their_own_either(hers):
    """Attack 16."""
    phone = signed_in(Contact.objects.get(name=NAME))

    answers = [
        ask(phone, method, path, **hers) for method, path in DOORS if method == "get"
    ]

    assert {answer.status_code for answer in answers} == {200}
    shown = "".join(answer.content.decode() for answer in answers)
    assert [value for value in OTHERS.values() if value in shown] == []
    assert "138 **** 0001" in shown

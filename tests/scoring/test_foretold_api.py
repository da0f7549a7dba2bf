"""Other systems read chances, lifetimes and what to offer next; so do tables."""

import pytest

from apps.clients.models import Scope
from apps.exports.columns import chosen
from apps.scoring.models import Chance, Lifetime, Sold, Together
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.orders.telling import Shop
from tests.scoring.test_next_best import buys

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop() -> Shop:
    return Shop(make.key(Scope.SCORES_READ))


@pytest.fixture
def known():
    someone = make.contact()
    on = day(3).date()
    make.predictor(outcome="won", days=60)
    Chance.objects.create(contact=someone, chance=37.5, day=on)
    Lifetime.objects.create(
        contact=someone, alive=81, expected=2.5, value=9_900, day=on
    )
    return someone


def test_what_is_foretold(shop, known):
    assert shop.ask(f"/api/v1/contacts/{known.pk}/outlook").json() == {
        "contact_id": str(known.pk),
        "outcome": "won",
        "within_days": 60,
        "chance": 37.5,
        "chance_as_of": "2026-03-03",
        "alive": 81,
        "expected_orders": 2.5,
        "expected_value": 9_900,
        "alive_as_of": "2026-03-03",
    }
    nobody = make.contact()
    told = shop.ask(f"/api/v1/contacts/{nobody.pk}/outlook").json()
    assert told["chance"] is None
    assert told["alive"] is None


def test_what_to_offer_next(shop):
    mat, brick = make.product("瑜伽垫"), make.product("瑜伽砖")
    Together.objects.create(product=mat, other=brick, buyers=7, likeness=0.5)
    Sold.objects.create(product=brick, buyers=9)
    someone = make.contact()
    buys(someone, mat)
    [offer] = shop.ask(f"/api/v1/contacts/{someone.pk}/next-best").json()["data"]
    assert offer["product_id"] == str(brick.pk)
    assert offer["worth"] == 0.5
    assert offer["reasons"] == [{"kind": "together", "what": "瑜伽垫", "buyers": 7}]


def test_a_key_without_the_right_and_a_contact_that_is_not_there(shop, known):
    other = Shop(make.key(Scope.TAGS_READ))
    for what in ("outlook", "next-best"):
        assert other.ask(f"/api/v1/contacts/{known.pk}/{what}").status_code == 403
        assert shop.ask(f"/api/v1/contacts/{known.pk + 9}/{what}").status_code == 404


def test_columns_of_a_table(known):
    names = ["chance", "alive", "expected_orders", "expected_value"]
    columns = chosen("contacts", names)
    told = [column.cells([known], False)[known.pk] for column in columns]
    assert told == ["37.5", "81", "2.50", "99.00"]


def test_the_list_is_filtered_by_what_a_year_brings(known):
    dear = make.contact("贵客")
    Lifetime.objects.create(
        contact=dear, alive=90, expected=9, value=900_000, day=day(3).date()
    )
    visitor = signed_in(make.sees(make.user(role="manager"), "all"))
    page = visitor.get("/admin/contacts/contact/?worth=5000").content.decode()
    assert "贵客" in page
    assert known.name not in page
    assert "¥9,000" in page

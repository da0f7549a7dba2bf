"""What others bought beside it, and what fits their tags, is offered with reasons."""

import numpy as np
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.orders.models import OrderLine, Product
from apps.scoring.models import Sold, Together
from apps.scoring.next_best import next_best
from apps.scoring.together import MOST, compare
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.scoring.dated import order_of

pytestmark = pytest.mark.django_db

AT = day(30)


def buys(contact, *products, at=None) -> None:
    order = order_of(contact.pk, at or day(10), OrderLine.objects.count())
    order.save()
    for position, product in enumerate(products):
        OrderLine.objects.create(
            order=order, position=position, product=product, quantity=1, amount=1
        )


@pytest.fixture
def shop():
    """Mats and bricks are bought together; everybody buys water."""
    mat, brick = make.product("瑜伽垫", tags=["瑜伽"]), make.product("瑜伽砖")
    water, shake = make.product("水杯"), make.product("蛋白粉", tags=["增肌"])
    for number in range(12):
        contact = make.contact()
        buys(contact, water, *([mat, brick] if number < 5 else [shake]))
    compare(at=AT)
    return mat, brick, water, shake


def test_likeness_is_what_is_counted_by_hand(shop):
    mat, brick, water, _shake = shop
    pair = Together.objects.get(product=mat, other=brick)
    assert (pair.buyers, pair.likeness) == (5, 1.0)
    pair = Together.objects.get(product=mat, other=water)
    assert pair.likeness == pytest.approx(5 / np.sqrt(5 * 12), abs=1e-5)
    assert Sold.objects.get(product=water).buyers == 12
    assert not Together.objects.filter(product=mat, other__name="蛋白粉").exists()


def test_what_others_bought_beside_it_is_offered(shop):
    mat, brick, water, _shake = shop
    someone = make.contact()
    buys(someone, mat)
    offers = next_best(someone.pk)
    assert [each.product for each in offers] == [brick, water]
    reason = offers[0].reasons[0]
    assert (reason.kind, reason.what, reason.buyers) == ("together", "瑜伽垫", 5)


def test_what_was_bought_is_not_offered_again(shop):
    mat, brick, water, _shake = shop
    someone = make.contact()
    buys(someone, mat, brick, water)
    assert [each.product.name for each in next_best(someone.pk)] == ["蛋白粉"]


def test_who_never_bought_is_offered_what_fits_a_tag(shop):
    someone = make.contact()
    assert next_best(someone.pk) == []
    make.tagging(make.tag("增肌"), make.follow(someone))
    [offer] = next_best(someone.pk)
    assert offer.product.name == "蛋白粉"
    assert [(r.kind, r.what) for r in offer.reasons] == [("her_tag", "增肌")]


def test_the_same_kind_as_what_was_bought(shop):
    mat, *_others = shop
    other = make.product("瑜伽服", tags=["瑜伽"])
    buys(make.contact(), other, at=day(29))
    compare(at=AT)
    someone = make.contact()
    buys(someone, mat)
    told = {each.product.name: each.reasons for each in next_best(someone.pk, many=9)}
    assert [(r.kind, r.what) for r in told["瑜伽服"]] == [("same_tag", "瑜伽")]


def test_compared_again_nothing_is_written_and_what_is_gone_goes(shop):
    kept = set(Together.objects.values_list("pk", flat=True))
    compare(at=AT)
    assert set(Together.objects.values_list("pk", flat=True)) == kept
    OrderLine.objects.filter(product__name="瑜伽砖").delete()
    compare(at=AT)
    assert not Together.objects.filter(other__name="瑜伽砖").exists()
    assert not Sold.objects.filter(product__name="瑜伽砖").exists()


def test_who_buys_everything_says_nothing():
    products = [make.product(f"商品{number}") for number in range(MOST + 1)]
    for _number in range(3):
        buys(make.contact(), *products)
    compare(at=AT)
    assert not Together.objects.exists()


def test_without_orders_nothing_is_compared():
    compare(at=AT)
    assert not Together.objects.exists()


def test_likest_are_those_of_a_count_over_all_pairs():
    lot = np.random.default_rng(3)
    products = [make.product(f"商品{number}") for number in range(12)]
    of: dict[int, set[int]] = {each.pk: set() for each in products}
    for _number in range(60):
        contact = make.contact()
        chosen = lot.choice(12, lot.integers(1, 5), replace=False)
        buys(contact, *(products[place] for place in chosen))
        for place in chosen:
            of[products[place].pk].add(contact.pk)
    compare(at=AT)
    told = {
        (row.product_id, row.other_id): row.buyers for row in Together.objects.all()
    }
    counted = {
        (one, other): len(of[one] & of[other])
        for one in of
        for other in of
        if one != other and len(of[one] & of[other]) >= 3
    }
    assert told == counted


def test_it_is_a_handful_of_questions_and_stands_on_the_page(shop):
    mat, *_others = shop
    someone = make.contact()
    buys(someone, mat)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        next_best(someone.pk)
    assert len(asked) <= 6
    visitor = signed_in(make.sees(make.user(role="manager"), "all"))
    page = visitor.get(f"/admin/contacts/contact/{someone.pk}/later/?place=side")
    assert "5 位买过“瑜伽垫”的客户也买了它" in page.content.decode()
    assert Product.objects.count() == 4

"""A walk through a list misses nobody and meets nobody twice, whatever happens."""

import random
from datetime import timedelta

import pytest
from django.core import signing

from apps.orders.models import Order
from tests import make
from tests.conftest import day
from tests.orders.telling import ADDRESS, Shop

pytestmark = pytest.mark.django_db


def many_orders(many: int, *, first: int = 0) -> None:
    Order.objects.bulk_create(
        Order(
            system="youzan",
            number=f"e{first + n}",
            status="placed",
            amount=1,
            placed_at=day(1) + timedelta(minutes=(first + n) // 7),  # several at once
            changed_at=day(1),
            lines_digest=b"",
        )
        for n in range(many)
    )


def walk(shop: Shop, way: str, **asked):
    page = shop.ask(**asked).json()
    while True:
        yield page
        if page[way] is None:
            return
        page = shop.ask(page[way]).json()


def numbers(pages) -> list[str]:
    return [row["number"] for page in pages for row in page["data"]]


def test_a_walk_there_and_back_meets_everybody_once():
    many_orders(57)
    shop = Shop()
    expected = [f"e{n}" for n in sorted(range(57), key=lambda n: (-(n // 7), -n))]

    there = list(walk(shop, "next", limit=10))

    assert numbers(there) == expected
    assert [page["prev"] is None for page in there] == [True] + [False] * 5
    back = [there[-1]]
    while back[-1]["prev"]:
        back.append(shop.ask(back[-1]["prev"]).json())
    assert numbers(reversed(back)) == expected


def test_whoever_comes_and_goes_meanwhile_disturbs_nobody_else():
    many_orders(10_000)
    shop = Shop(make.key(of=make.client(per_minute=60_000)))
    lottery = random.Random(3)
    gone, met = set(), []

    for step, page in enumerate(walk(shop, "next", limit=100)):
        met += [row["number"] for row in page["data"]]
        many_orders(3, first=10_000 + step * 3)
        for row in lottery.sample(list(Order.objects.values("pk", "number")), 5):
            Order.objects.filter(pk=row["pk"]).delete()
            gone.add(row["number"])

    assert len(met) == len(set(met))
    stayed = {f"e{n}" for n in range(10_000)} - gone
    assert stayed <= set(met)


def test_a_cursor_is_nobody_elses_and_for_no_other_question():
    """Attack 12."""
    many_orders(5)
    shop = Shop()
    cursor = shop.ask(limit=2).json()["next"].split("cursor=")[1]
    other = Shop(make.key(of=make.client("另一家", system="youzan")))

    for asker, asked in [
        (other, {}),
        (shop, {"status": "placed"}),
        (shop, {"shop": ""}),
    ]:
        answer = asker.http.get(
            f"{ADDRESS}?cursor={cursor}&"
            + "&".join(f"{k}={v}" for k, v in asked.items()),
            headers=asker.headers,
        )
        assert answer.status_code == 400
        assert answer.json()["code"] == "invalid_cursor"
    more = shop.http.get(f"{ADDRESS}?cursor={cursor}&limit=3", headers=shop.headers)
    assert len(more.json()["data"]) == 3  # how many at once may change on the way


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "a" * 10_000,
        "\x00",
        "eyJhIjoxfQ:abc",
        signing.Signer(salt="something else").sign_object([1, 1, 0, "x"]),
        signing.Signer(salt="api cursors").sign_object([1, 1, 0, "x"]),
    ],
)
def test_a_cursor_that_we_did_not_write_is_refused(cursor):
    answer = Shop().ask(cursor=cursor)

    assert answer.status_code == 400
    assert answer.json()["code"] == "invalid_cursor"

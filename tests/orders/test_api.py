"""What a shop may tell of orders, and what it is answered."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.contacts.models import Contact, Identity
from apps.orders.models import Order, Product
from tests import make
from tests.backoffice.attacked import everything
from tests.conftest import day
from tests.orders.telling import ADDRESS, Shop, order

pytestmark = pytest.mark.django_db


@pytest.fixture
def shop():
    return Shop()


class TestTelling:
    def test_one_order_is_made(self, shop):
        answer = shop.tell(order(paid_at="2026-03-01T02:00:00.5Z"))

        assert answer.status_code == 201
        kept, contact = Order.objects.get(), Contact.objects.get()
        assert answer.json() == {
            "results": [
                {
                    "number": "e1",
                    "outcome": "created",
                    "id": str(kept.pk),
                    "contact_id": str(contact.pk),
                }
            ]
        }
        assert (kept.system, kept.status, kept.contact) == ("youzan", "paid", contact)

    def test_told_again_it_is_the_same(self, shop):
        shop.tell(order())

        answer = shop.tell(order())

        assert answer.status_code == 200
        assert answer.json()["results"][0]["outcome"] == "unchanged"
        assert Order.objects.count() == 1

    def test_of_several_each_stands_for_itself(self, shop):
        wrong = order("e2", amount=-1, lines=[{"quantity": 0, "amount": 1}])

        answer = shop.tell({"orders": [order("e1"), wrong, "e3", order("e4")]})

        assert answer.status_code == 200
        results = answer.json()["results"]
        assert [(r["number"], r["outcome"]) for r in results] == [
            ("e1", "created"),
            ("e2", "refused"),
            (None, "refused"),
            ("e4", "created"),
        ]
        assert [error["pointer"] for error in results[1]["errors"]] == [
            "#/amount",
            "#/lines/0/quantity",
        ]
        assert set(Order.objects.values_list("number", flat=True)) == {"e1", "e4"}

    @pytest.mark.parametrize(
        "who",
        [
            {"unionid": "u-1"},
            {"external_userid": "wm-1"},
            {"openid": "o-1", "appid": "wx1"},
            {"id": "42"},
            {"phone": "+86 138-0013-8000"},
        ],
    )
    def test_the_buyer_is_found_by_any_id(self, shop, who):
        shop.tell(order("e1", contact=who))
        shop.tell(order("e2", contact=who))

        assert Contact.objects.count() == 1
        assert Identity.objects.get().source == "client"

    def test_a_zero_among_many_is_refused_and_the_answer_kept(self, shop):
        """Attack 27. The answer says the number again, and is kept."""
        answer = shop.tell({"orders": [order("e1"), order("e\x002")]})

        assert answer.status_code == 200
        assert [r["outcome"] for r in answer.json()["results"]] == [
            "created",
            "refused",
        ]

    @pytest.mark.parametrize(
        ("wrong", "pointer", "code"),
        [
            ({"number": ""}, "#/number", "blank"),
            ({"number": 7}, "#/number", "invalid"),
            ({"number": "a" * 65}, "#/number", "max_length"),
            ({"number": "a\x00"}, "#/number", "invisible"),
            ({"number": "\x1b[31m"}, "#/number", "invisible"),
            ({"number": "\ud800"}, "#/number", "surrogate_characters_not_allowed"),
            ({"amount": "100"}, "#/amount", "invalid"),
            ({"amount": 1.0}, "#/amount", "invalid"),
            ({"amount": True}, "#/amount", "invalid"),
            ({"amount": -1}, "#/amount", "min_value"),
            ({"amount": 10**15}, "#/amount", "max_value"),
            ({"placed_at": "2026-03-01T09:00:00"}, "#/placed_at", "invalid"),
            ({"placed_at": "2026-02-31T09:00:00Z"}, "#/placed_at", "invalid"),
            ({"placed_at": "0001-01-01T00:00:00+23:59"}, "#/placed_at", "invalid"),
            ({"placed_at": 1772326800}, "#/placed_at", "invalid"),
            ({"placed_at": None}, "#/placed_at", "null"),
            ({"paid_at": "2026-02-01T00:00:00Z"}, "#/paid_at", "too_early"),
            ({"refunded_amount": 101}, "#/refunded_amount", "more_than_all"),
            ({"channel": "moon"}, "#/channel", "invalid_choice"),
            ({"channel": {"a": 1}}, "#/channel", "invalid_choice"),
            ({"lines": {}}, "#/lines", "not_a_list"),
            ({"contact": {}}, "#/contact", "nobody"),
            ({"contact": {"name": "张"}}, "#/contact", "nobody"),
            ({"contact": {"openid": "o"}}, "#/contact", "no_app"),
            ({"contact": {"phone": "12"}}, "#/contact/phone", "no_phone"),
            (
                {"contact": {"phone": "１３８００１３８０００"}},
                "#/contact/phone",
                "no_phone",
            ),
            # attack 13: what stands in the body is nobody's row
            ({"contact": 1}, "#/contact", "invalid"),
        ],
    )
    def test_what_is_wrong_is_told_with_its_place(self, shop, wrong, pointer, code):
        answer = shop.tell(order(**wrong))

        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert (error["pointer"], error["code"]) == (pointer, code)
        assert not Order.objects.exists()
        assert not Contact.objects.exists()

    @pytest.mark.parametrize(
        "field",
        [
            *("status", "owner", "points", "price", "corp", "is_staff", "created_at"),
            *("system", "id", "contact_id", "customer"),
        ],
    )
    def test_what_nobody_asked_for_is_refused(self, shop, field):
        """Attack 14."""
        before = everything()["orders_order"]

        answer = shop.tell(order(**{field: "1"}))
        many = shop.tell({"orders": [order(**{field: "1"})], field: "1"})

        assert answer.json()["errors"] == [
            {
                "pointer": f"#/{field}",
                "code": "unknown_field",
                "detail": "没有这个字段。",
            }
        ]
        assert many.status_code == 400
        assert everything()["orders_order"] == before

    @pytest.mark.parametrize(
        "body", [[], "x", 7, None, True, {"orders": []}, {"orders": {}}]
    )
    def test_what_is_no_order_is_refused(self, shop, body):
        assert shop.tell(body).status_code == 400

    def test_no_more_than_a_hundred_are_told_at_once(self, shop):
        many = [order(f"e{n}") for n in range(101)]

        assert shop.tell({"orders": many}).status_code == 400
        assert shop.tell({"orders": many[1:]}).status_code == 200

    def test_fifty_cost_as_many_queries_as_five(self, shop):
        costs = []
        for many in (5, 5, 50):
            told = {"orders": [order(f"{many}-{n}-{len(costs)}") for n in range(many)]}
            with CaptureQueriesContext(
                connection,
            ) as asked:
                shop.tell(told)
            costs.append(len(asked))

        assert costs[1] == costs[2]

    @pytest.mark.parametrize(
        "kind", ["text/plain", "application/xml", "multipart/form-data; boundary=a"]
    )
    def test_only_json_is_understood(self, shop, kind):
        answer = shop.http.post(
            ADDRESS,
            "<order/>",
            content_type=kind,
            headers=shop.headers | {"Idempotency-Key": "1"},
        )

        assert answer.status_code == 415


class TestReading:
    def test_an_order_is_read_as_it_was_told(self, shop):
        [told] = shop.tell(order(shop="旗舰店")).json()["results"]

        assert shop.ask(f"{ADDRESS}/{told['id']}").json() == {
            "id": told["id"],
            "number": "e1",
            "contact_id": told["contact_id"],
            "status": "placed",
            "channel": "other",
            "shop": "旗舰店",
            "amount": 100,
            "refunded_amount": 0,
            "discount": 0,
            "placed_at": "2026-03-01T09:00:00+08:00",
            "paid_at": None,
            "shipped_at": None,
            "received_at": None,
            "refunded_at": None,
            "changed_at": "2026-03-01T09:00:00+08:00",
            "lines": [
                {
                    "product_id": str(Product.objects.get().pk),
                    "product_number": "sku-1",
                    "name": "茶",
                    "quantity": 1,
                    "amount": 100,
                }
            ],
        }

    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, ["e4", "e3", "e2", "e1"]),
            ({"number": "e2"}, ["e2"]),
            ({"status": "paid"}, ["e3"]),
            ({"shop": "a"}, ["e2", "e1"]),
            ({"placed_from": "2026-03-02T09:00:00+08:00"}, ["e4", "e3", "e2"]),
            ({"placed_before": "2026-03-02T01:00:00Z"}, ["e1"]),
            ({"contact_id": "0"}, []),
            ({"contact_id": "x"}, []),
            ({"contact_id": "9" * 40}, []),
            ({"shop": "a", "status": "paid"}, []),
        ],
    )
    def test_orders_are_filtered(self, shop, asked, found):
        make.order(order_number="e1", placed_at=day(1), shop="a")
        make.order(order_number="e2", placed_at=day(2), shop="a")
        make.order(order_number="e3", placed_at=day(3), paid_at=day(3))
        make.order(order_number="e4", placed_at=day(4))

        answer = shop.ask(**asked)

        assert [row["number"] for row in answer.json()["data"]] == found

    @pytest.mark.parametrize(
        "asked",
        [
            {"limit": "0"},
            {"limit": "101"},
            {"limit": "1e9"},
            {"limit": "-1"},
            {"limit": "٣"},
            {"total": "1"},
            {"status": "stolen"},
            {"placed_from": "yesterday"},
            {"shop": "a\x00"},
            {"shop": "a" * 65},
            {"shop": ["a", "b"]},
            {"ordering": "-amount"},
            {"owner__password__regex": "a"},
            {"contact__name__startswith": "张"},
            {"_connector": "OR"},
        ],
    )
    def test_what_cannot_be_asked_is_refused(self, shop, asked):
        """Attacks 22 and 23."""
        answer = shop.ask(**asked)

        assert answer.status_code == 400
        [error] = answer.json()["errors"]
        assert error["parameter"] == next(iter(asked))

    def test_they_are_counted_only_if_one_wants_it(self, shop):
        make.order()

        assert "total" not in shop.ask().json()
        total = {"count": 1, "exact": True}
        assert shop.ask(total="true").json()["total"] == total

    def test_of_another_system_there_are_none(self, shop):
        """Attacks 11 and 12."""
        theirs = make.order(system="till")

        assert shop.ask().json()["data"] == []
        assert (
            shop.ask(number=theirs.number, total="true").json()["total"]["count"] == 0
        )
        there = shop.ask(f"{ADDRESS}/{theirs.pk}")
        nowhere = shop.ask(f"{ADDRESS}/{theirs.pk + 1}")
        same = [{**a.json(), "instance": ""} for a in (there, nowhere)]
        assert (there.status_code, same[0]) == (404, same[1])

    @pytest.mark.parametrize("pk", ["9" * 18, "9" * 40, "x", "%00", "1/", "-1"])
    def test_what_is_no_number_is_not_there(self, shop, pk):
        assert shop.ask(f"{ADDRESS}/{pk}").status_code == 404

    def test_a_page_costs_few_queries(self, shop):
        for _each in range(30):
            make.order()
        shop.ask()

        with CaptureQueriesContext(connection) as asked:
            shop.ask(limit=30)

        assert len(asked) <= 6


@pytest.mark.parametrize(
    ("scopes", "told", "asked"),
    [
        (["orders:write"], 201, 403),
        (["orders:read"], 403, 200),
        (["events:write"], 403, 403),
    ],
)
def test_a_key_does_what_it_may_and_no_more(scopes, told, asked):
    """Attack 15."""
    shop = Shop(make.key(*scopes))

    assert (shop.tell(order()).status_code, shop.ask().status_code) == (told, asked)

"""Orders and products as people see them."""

import pytest

from apps.audit.models import AuditRow
from apps.orders.figures import Figures, figures_of
from apps.orders.models import Order, Product
from apps.orders.shops import shops
from apps.orders.state import Line
from apps.staff.models import Scope
from tests import make
from tests.backoffice.attacked import signed_in
from tests.backoffice.reading import faults
from tests.conftest import day

pytestmark = pytest.mark.django_db

ORDERS, PRODUCTS = "/admin/orders/order/", "/admin/orders/product/"


@pytest.fixture
def manager():
    return signed_in(make.user(role="manager"))


def page_of(row) -> str:
    return f"/admin/orders/{row._meta.model_name}/{row.pk}/change/"


def listed(client, **asked) -> list[str]:
    return [row["order"].number for row in client.get(ORDERS, asked).context["cl"].rows]


class TestOrders:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ({}, ["e3", "e2", "e1"]),
            ({"status": "paid"}, ["e2"]),
            ({"shop": "旗舰店"}, ["e1"]),
            ({"shop": "没有"}, []),
            ({"placed_from": "2026-03-02", "placed_to": "2026-03-02"}, ["e2"]),
            ({"q": "e3"}, ["e3"]),
            ({"q": "赵敏"}, ["e2"]),
            ({"contact": "0"}, []),
            ({"contact": "x"}, []),
        ],
    )
    def test_are_found(self, manager, asked, found):
        make.order(order_number="e1", shop="旗舰店")
        make.order(
            make.contact("赵敏"),
            order_number="e2",
            placed_at=day(2),
            paid_at=day(2),
        )
        make.order(order_number="e3", placed_at=day(3))

        assert listed(manager, **asked) == found

    def test_are_found_by_product_and_by_contact(self, manager):
        wanted = make.order(order_number="e1", lines=(Line(number="7", name="壶"),))
        make.order(order_number="e2")
        product = Product.objects.get(number="7")

        assert listed(manager, product=product.pk) == ["e1"]
        assert listed(manager, contact=wanted.contact_id) == ["e1"]

    def test_of_a_contact_out_of_reach_are_not_there(self):
        ann, bob = make.employee("安"), make.employee("柏")
        mine = make.order(make.follow(employee=ann).identity.contact)
        theirs = make.order(make.follow(employee=bob).identity.contact)
        user = make.sees(make.user(role="employee", employee=ann), Scope.SELF)
        client = signed_in(user)

        assert listed(client) == [mine.number]
        assert listed(client, contact=theirs.contact_id) == []
        assert listed(client, q=theirs.number) == []
        assert client.get(page_of(theirs)).status_code == 302
        assert client.get(page_of(mine)).status_code == 200
        figures = client.get(f"{ORDERS}figures/").context["figures"]
        assert (figures.orders, figures.buyers) == (1, 1)
        product = client.get(page_of(Product.objects.get()))
        assert [order.pk for order in product.context["newest"]] == [mine.pk]

    def test_speak_chinese(self, manager):
        order = make.order(
            paid_at=day(2), refunded_at=day(3), refunded_amount=10, shop="旗舰店"
        )
        bare = make.order(lines=())
        Order.objects.filter(pk=bare.pk).update(contact=None)
        names = f"{order.number} {bare.number} sku-1 youzan user JPEG PNG WebP"

        for address in (
            *(ORDERS, PRODUCTS, f"{ORDERS}figures/", page_of(order), page_of(bare)),
            page_of(Product.objects.get()),
            f"/admin/contacts/contact/{order.contact_id}/change/",
        ):
            assert faults(manager.get(address).content.decode(), names=names) == []

    def test_a_word_that_is_none_is_no_mistake(self, manager):
        assert manager.get(f"{ORDERS}figures/", {"q": "\x00"}).status_code == 200
        assert manager.get(ORDERS, {"product": "9" * 30}).status_code == 200


class TestFigures:
    def test_add_up_what_the_list_shows(self, manager):
        again, once = make.contact("赵敏"), make.contact("周芷若")
        make.order(again, amount=100, placed_at=day(1))
        make.order(again, amount=200, placed_at=day(2))
        make.order(once, amount=50, placed_at=day(1, hour=1))
        make.order(once, amount=50, placed_at=day(1, hour=23))

        answer = manager.get(f"{ORDERS}figures/")

        assert answer.context["figures"] == Figures(4, 400, 0, 2, 1)
        assert "¥4.00" in answer.content.decode()
        some = manager.get(f"{ORDERS}figures/", {"placed_from": "2026-03-02"})
        assert some.context["figures"] == Figures(1, 200, 0, 1, 0)

    def test_of_nothing_are_nought(self, manager):
        assert figures_of(Order.objects.all()) == Figures(0, 0, 0, 0, 0)
        lost = manager.get(f"{ORDERS}figures/", {"shop": "gone"})
        assert lost.context["figures"] == Figures(0, 0, 0, 0, 0)

    def test_are_given_up_when_they_take_too_long(self, monkeypatch):
        monkeypatch.setattr("apps.orders.figures.LONGEST", 1)
        make.order()
        slow = Order.objects.extra(where=["pg_sleep(0.1) IS NOT NULL"])

        assert figures_of(slow) is None
        assert Order.objects.count() == 1  # the transaction goes on


def test_shops_are_listed_once_each():
    for shop in ("b", "a", "", "b"):
        make.order(shop=shop)

    assert shops() == ["a", "b"]


class TestLabels:
    def test_are_written_by_managers(self, manager):
        product = make.product(tags=["旧"])
        address = f"{PRODUCTS}{product.pk}/label/"

        manager.post(address, {"tags": "茶， 春季,茶、 , 新品 上市"})

        product.refresh_from_db()
        assert product.tags == ["茶", "春季", "新品 上市"]
        told = AuditRow.objects.get(about_id=product.pk, deed="changed")
        assert (told.before, told.after) == ({"tags": ["旧"]}, {"tags": product.tags})

    @pytest.mark.parametrize("tags", ["，".join(map(str, range(51))), "长" * 33])
    def test_are_not_without_end(self, manager, tags):
        product = make.product(tags=["旧"])

        manager.post(f"{PRODUCTS}{product.pk}/label/", {"tags": tags})

        product.refresh_from_db()
        assert product.tags == ["旧"]

    def test_are_not_an_employees_business(self):
        product = make.product()
        client = signed_in(make.user(role="employee"))

        answer = client.post(f"{PRODUCTS}{product.pk}/label/", {"tags": "茶"})

        assert answer.status_code == 404
        assert client.get(f"{PRODUCTS}{product.pk}/label/").status_code == 405


class TestContacts:
    @pytest.mark.parametrize(
        ("bought", "found"),
        [("any", {"回头", "一次"}), ("again", {"回头"}), ("none", {"从未"})],
    )
    def test_are_found_by_what_they_bought(self, manager, bought, found):
        again, once = make.contact("回头"), make.contact("一次")
        make.contact("从未")
        make.order(again, placed_at=day(1))
        make.order(again, placed_at=day(2))
        make.order(once, placed_at=day(1, hour=1))
        make.order(once, placed_at=day(1, hour=23))

        answer = manager.get("/admin/contacts/contact/", {"bought": bought})

        names = {row["contact"].name for row in answer.context["cl"].rows}
        assert names == found

    def test_show_their_orders_and_what_happened(self, manager):
        order = make.order(paid_at=day(2))

        page = manager.get(f"/admin/contacts/contact/{order.contact_id}/change/")

        text = page.content.decode()
        assert f"?contact={order.contact_id}" in text
        assert "支付了订单" in text
        assert page_of(order) in text

"""What a system tells of its orders is kept once, whatever the order it comes in."""

import itertools
import threading
from dataclasses import replace
from importlib import import_module

import pytest
from django.db import connection

from apps.contacts.identities import Id
from apps.contacts.models import Contact, Identity
from apps.contacts.recognise import Person
from apps.events.models import EventRecord
from apps.orders.models import Order, OrderLine, Product
from apps.orders.record import Outcome, record_orders
from apps.orders.state import Line
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db

SOURCE = EventRecord.Source.CLIENT
ZHANG = Person(ids=(Id("phone", "13800138000"),), name="张三丰")


def tell(*orders, system="youzan"):
    return record_orders(system=system, orders=orders, source=SOURCE, at=day(9))


def told(number="e1", **state):
    return make.told_order(number, by=state.pop("by", ZHANG), **state)


def kinds() -> list[str]:
    events = EventRecord.objects.exclude(kind="ContactCreated").order_by("pk")
    return list(events.values_list("kind", flat=True))


class TestRecordOrders:
    def test_keeps_an_order_with_its_lines_and_products(self):
        tea = Line(number="sku-1", name="高山乌龙", tags=("茶",), quantity=2, amount=80)
        box = Line(name="礼盒", quantity=1, amount=20)

        [recorded] = tell(told(lines=(tea, box), paid_at=day(2), shop="旗舰店"))

        order = Order.objects.get()
        assert (recorded.order_id, recorded.outcome) == (order.pk, Outcome.CREATED)
        assert (order.status, order.amount, order.shop) == ("paid", 100, "旗舰店")
        assert list(order.lines.values_list("position", "name", "quantity")) == [
            (1, "高山乌龙", 2),
            (2, "礼盒", 1),
        ]
        assert Product.objects.get().tags == ["茶"]

    def test_keeps_what_is_told_twice_once(self):
        first, again = tell(told(paid_at=day(2)))[0], tell(told(paid_at=day(2)))[0]

        assert again.outcome == Outcome.UNCHANGED
        assert again.order_id == first.order_id
        assert OrderLine.objects.count() == 1
        assert kinds() == ["OrderPlaced", "OrderPaid"]

    def test_keeps_what_is_told_twice_in_one_breath_once(self):
        outcomes = [each.outcome for each in tell(told(), told(), told(paid_at=day(2)))]

        assert outcomes == [Outcome.CREATED, Outcome.UNCHANGED, Outcome.UPDATED]
        assert Order.objects.get().status == "paid"
        assert kinds() == ["OrderPlaced", "OrderPaid"]

    def test_comes_to_the_same_whatever_the_order(self):
        tellings = [
            told(changed_at=day(1)),
            told(paid_at=day(2), amount=90),
            told(
                paid_at=day(2), shipped_at=day(3), lines=(Line(name="茶", amount=90),)
            ),
            told(refunded_at=day(5), refunded_amount=50),
        ]
        found = set()
        for arranged in itertools.permutations(tellings):
            Order.objects.all().delete()
            EventRecord.objects.all().delete()
            for each in arranged:
                tell(each)
            order = Order.objects.get()
            found.add(
                (
                    *(order.status, order.amount, order.refunded_amount),
                    *order.lines.values_list("name", "amount"),
                    *sorted(kinds()),
                )
            )

        assert len(found) == 1
        assert found.pop()[:3] == ("shipped", 100, 50)

    def test_tells_of_each_milestone_when_it_was_reached(self):
        tell(told(placed_at=day(1), received_at=day(4), paid_at=day(2)))

        news = EventRecord.objects.filter(kind__startswith="Order").order_by("at")
        assert [(event.kind, event.at) for event in news] == [
            ("OrderPlaced", day(1)),
            ("OrderPaid", day(2)),
            ("OrderReceived", day(4)),
        ]
        order = Order.objects.get()
        assert {e.contact_id for e in news} == {order.contact_id}
        assert news[1].facts == {"order_id": order.pk, "amount": 100}

    def test_takes_the_same_number_of_another_system_for_another_order(self):
        tell(told())
        tell(told(), system="till")

        assert Order.objects.count() == 2

    def test_does_not_swallow_lines_that_repeat_each_other(self):
        line = Line(name="CD", amount=50)

        tell(told(lines=(line, line)))
        tell(told(lines=(line, line)))

        assert OrderLine.objects.count() == 2

    def test_replaces_the_lines_when_others_are_told_later(self):
        tell(told(lines=(Line(name="旧"), Line(name="旧"))))
        tell(told(lines=(Line(name="新"),), changed_at=day(2)))
        tell(told(lines=(Line(name="更旧"),), changed_at=day(1, hour=1)))

        assert [line.name for line in OrderLine.objects.all()] == ["新"]

    def test_adds_the_tags_of_a_product_and_believes_its_last_name(self):
        tell(told("e1", lines=(Line(number="1", name="茶", tags=("a",)),)))
        tell(told("e2", lines=(Line(number="1", name="好茶", tags=("b", "a")),)))
        tell(told("e3", lines=(Line(number="1"),)))

        product = Product.objects.get()
        assert (product.name, product.tags) == ("好茶", ["a", "b"])

    def test_costs_as_many_queries_for_fifty_as_for_two(
        self, django_assert_max_num_queries
    ):
        tell(told("warm"))
        for many in (2, 50):
            orders = [make.told_order() for _each in range(many)]
            with django_assert_max_num_queries(30):
                tell(*orders)


class TestWhoBoughtIt:
    def test_is_whoever_has_the_id(self):
        known = make.contact("李莫愁")
        Identity.objects.create(
            contact=known,
            kind="union",
            value="u-1",
            source=SOURCE,
            first_seen_at=day(1),
            last_seen_at=day(1),
        )

        [recorded] = tell(told(by=Person(ids=(Id("union", "u-1"),), name="别名")))

        assert recorded.contact_id == known.pk
        assert Contact.objects.get().name == "李莫愁"

    def test_is_a_new_contact_when_nobody_has_it(self):
        [recorded] = tell(told())

        contact = Contact.objects.get()
        assert recorded.contact_id == contact.pk
        assert (contact.name, contact.standing) == ("张三丰", "known")
        assert list(Contact.objects.called("13800138000")) == [contact]
        assert EventRecord.objects.filter(kind="ContactCreated").count() == 1

    def test_is_the_same_stranger_in_one_breath(self):
        tell(told("e1"), told("e2"), told("e3"))

        assert Contact.objects.count() == 1

    def test_is_told_by_the_id_that_is_trusted_most(self):
        tell(told("e1", by=Person(ids=(Id("union", "u-1"),))))
        tell(told("e2", by=Person(ids=(Id("phone", "13900139000"),))))

        both = Person(ids=(Id("union", "u-1"), Id("phone", "13900139000")))
        tell(told("e3", by=both))

        by = dict(Order.objects.values_list("number", "contact"))
        assert by["e3"] == by["e1"] != by["e2"]

    def test_is_known_by_the_other_ids_from_then_on(self):
        both = Person(ids=(Id("union", "u-1"), Id("other", "42", "youzan")))
        tell(told("e1", by=both))
        tell(told("e2", by=Person(ids=(Id("other", "42", "youzan"),))))
        tell(told("e3", by=Person(ids=(Id("other", "42", "till"),))))

        by = dict(Order.objects.values_list("number", "contact"))
        assert by["e1"] == by["e2"] != by["e3"]

    def test_stays_who_it_was_and_gets_to_be_known_by_more(self):
        tell(told("e1"))
        tell(told("e1", by=Person(ids=(Id("union", "u-1"),)), changed_at=day(3)))

        contact = Contact.objects.get()
        assert sorted(contact.identities.values_list("kind", flat=True)) == [
            "phone",
            "union",
        ]

    def test_is_not_looked_for_again_once_erased(self):
        tell(told())
        Order.objects.update(contact=None)
        Contact.objects.all().delete()

        [recorded] = tell(told(paid_at=day(3)))

        assert (recorded.outcome, recorded.contact_id) == (Outcome.UPDATED, None)
        assert not Contact.objects.exists()

    def test_keeps_no_phone_that_can_be_read(self):
        tell(told())

        with connection.cursor() as cursor:
            cursor.execute("SELECT i::text FROM contacts_identity i")
            assert "13800138000" not in str(cursor.fetchall())


@pytest.mark.django_db(transaction=True)
def test_sixteen_who_tell_the_same_at_once_make_one_of_each():
    told_to = threading.Barrier(16)
    failed = []

    def one(number: int) -> None:
        try:
            told_to.wait()
            shared = told("e1", paid_at=day(2))
            own = told(f"own-{number}", by=replace(ZHANG, name=f"{number}"))
            tell(*([own, shared] if number % 2 else [shared, own]))
        except Exception as wrong:  # noqa: BLE001 - shown below
            failed.append(wrong)
        finally:
            connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert failed == []
    assert (Contact.objects.count(), Order.objects.count()) == (1, 17)
    assert (Product.objects.count(), OrderLine.objects.count()) == (1, 17)
    assert EventRecord.objects.filter(kind="OrderPaid").count() == 1


def test_taken_back_to_before_discounts_changes_of_orders_are_still_told():
    make.order(make.contact())
    migration = import_module("apps.orders.migrations.0003_discount").Migration
    _column, *triggers = migration.operations

    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for trigger in triggers:
            cursor.execute(trigger.reverse_sql)
        cursor.execute("ALTER TABLE orders_order DROP COLUMN discount")
        cursor.execute("DELETE FROM rules_touched")
        cursor.execute("UPDATE orders_order SET amount = amount + 1")
        cursor.execute("SELECT topic FROM rules_touched")
        assert cursor.fetchall() == [("order",)]

"""A table of orders is checked, written and taken back, up to CDNOW's history."""

import io
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.imports.bring_in import OfWhichSystem, take_in, undo
from apps.imports.models import Import
from apps.orders.figures import Figures, figures_of
from apps.orders.models import Order, OrderLine
from tests import make
from tests.conftest import day
from tests.imports.test_import import checked, counts, work, written, wrongs
from tests.tables import csv_of

pytestmark = pytest.mark.django_db(transaction=True)

CDNOW = Path(settings.BASE_DIR).parent / "shared" / "data" / "cdnow_master.txt"
HEADING = [
    "订单号",
    "客户ID",
    "手机",
    "下单时间",
    "订单状态",
    "商品名称",
    "数量",
    "小计",
]


@pytest.fixture
def manager():
    return make.user(role="admin")


def brought(rows, *, by, heading=HEADING, system="youzan") -> Import:
    content = csv_of([heading, *rows])
    return take_in(
        file=io.BytesIO(content),
        name="订单.csv",
        by=by,
        at=day(1),
        kind="orders",
        system=system,
    )


TWO_ORDERS = [
    ["E1", "c1", "13800000001", "2026-03-08 14:08", "已付款", "高山乌龙", "2", "99.50"],
    ["E1", "", "", "", "", "茶杯", "1", "20"],
    ["E2", "c1", "", "2026-03-09", "交易成功", "茶杯", "1", "20"],
]


class TestWriting:
    def test_makes_orders_with_their_lines_and_whom_it_does_not_know(self, manager):
        known = make.contact("赵敏")
        make.order(known, system="youzan")
        of = written(brought(TWO_ORDERS, by=manager))

        first, second = Order.objects.filter(number__in=["E1", "E2"]).order_by("number")
        assert (first.amount, first.status) == (11_950, "paid")
        assert (second.amount, second.status) == (2_000, "received")
        lines = first.lines.values_list("name", "quantity", "amount")
        assert list(lines) == [("高山乌龙", 2, 9_950), ("茶杯", 1, 2_000)]
        assert first.contact_id == second.contact_id != known.pk
        assert counts(of, "write") == {
            **{"new": 3, "orders": 2, "people": 1, "made": 1, "amount": 13_950}
        }
        assert AuditRow.objects.filter(deed="brought", actor_id=manager.pk).count() == 2

    def test_again_changes_nothing_and_a_later_state_is_a_change(self, manager):
        written(brought(TWO_ORDERS, by=manager))
        heading, rows = [*HEADING, "发货时间"], [[*row, ""] for row in TWO_ORDERS]
        rows[0][-1] = "2026-03-10 10:00"

        of = written(brought(rows, by=manager, heading=heading))

        assert counts(of, "write") == {
            **{"changed": 2, "same": 1, "orders": 2, "people": 1, "amount": 13_950}
        }
        assert Order.objects.get(number="E1").status == "shipped"
        assert Order.objects.count() == 2

    def test_one_wrong_line_makes_the_order_wrong(self, manager):
        rows = [list(row) for row in TWO_ORDERS]
        rows[1][-1] = "免费"

        of = written(brought(rows, by=manager))

        assert wrongs(of) == ["这个订单的第 3 行有误。", "「免费」不是金额。"]
        assert [order.number for order in Order.objects.all()] == ["E2"]

    def test_an_order_goes_on_in_the_next_part(self, manager):
        filler = [
            [f"F{n}", f"c{n}", "", "2026-03-08", "已付款", "", "", "1"]
            for n in range(498)
        ]
        rows = [
            *filler,
            *([["E1", "c1", "", "2026-03-08", "已付款", "茶", "1", "1"]] * 4),
        ]

        of = written(brought(rows, by=manager))

        assert of.parts.count() == 2
        assert Order.objects.get(number="E1").lines.count() == 4
        assert of.counts["write"]["new"] == 502
        assert of.counts["write"]["orders"] == 499

    def test_wants_to_know_which_system(self, manager):
        with pytest.raises(OfWhichSystem):
            brought(TWO_ORDERS, by=manager, system=" ")

    def test_refuses_orders_of_whom_the_bringer_may_not_see(self):
        theirs = make.contact("赵敏")
        make.order(theirs, order_number="E1")
        employee = make.user(role="employee", employee=make.employee("林静"))

        of = checked(brought(TWO_ORDERS[:1], by=employee))

        assert wrongs(of) == ["这位客户由其他同事负责。"]


class TestTakingBack:
    def test_leaves_what_was_before_and_what_came_later(self, manager):
        known = make.contact("赵敏")
        line = {"placed_at": day(1), "amount": 100}
        make.order(known, order_number="E2", **line)
        before = list(OrderLine.objects.values_list("name", "amount"))
        of = written(brought(TWO_ORDERS, by=manager))
        made = Order.objects.get(number="E1").contact

        work(undo(of=of, at=timezone.now()))

        assert [(o.number, o.amount) for o in Order.objects.all()] == [("E2", 100)]
        assert list(OrderLine.objects.values_list("name", "amount")) == before
        assert not Contact.objects.filter(pk=made.pk).exists()
        assert EventRecord.objects.filter(kind="OrderTakenBack").count() == 1

    def test_keeps_an_order_that_its_system_has_told_of_since(self, manager):
        of = written(brought(TWO_ORDERS, by=manager))
        first = Order.objects.get(number="E1")
        make.order(
            first.contact, order_number="E1", placed_at=day(8), shipped_at=day(9)
        )

        work(undo(of=of, at=timezone.now()))

        of.refresh_from_db()
        assert [order.number for order in Order.objects.all()] == ["E1"]
        assert of.stayed == [first.contact_id]


here = pytest.mark.skipif(not CDNOW.exists(), reason="CDNOW is not on this machine")


@here
def test_what_repeats_to_the_letter_was_bought_twice(manager):
    """CDNOW's first two thousand lines, as the shop wrote them."""
    lines = CDNOW.read_bytes().splitlines(keepends=True)[:2_001]
    assert len(set(lines)) < len(lines)
    of = take_in(
        **{"file": io.BytesIO(b"".join(lines)), "name": "cdnow.txt", "by": manager},
        **{"at": day(1), "kind": "orders", "system": "cdnow"},
    )

    written(of)

    fields = [line.split() for line in lines[1:]]
    assert figures_of(Order.objects.all()) == Figures(
        orders=2_000,
        amount=sum(round(float(amount) * 100) for *_rest, amount in fields),
        refunded=0,
        buyers=len({who for who, *_rest in fields}),
        returning=len({who for who, *_rest in fields})
        - sum(
            len({day for other, day, *_rest in fields if other == who}) == 1
            for who in {who for who, *_rest in fields}
        ),
    )


@here
@pytest.mark.slow
def test_cdnow_whole(manager):
    """23,570 people and 69,659 purchases, of which 255 repeat another."""
    with CDNOW.open("rb") as file:
        of = take_in(
            **{"file": file, "name": CDNOW.name, "by": manager, "at": day(1)},
            **{"kind": "orders", "system": "cdnow"},
        )
    assert of.meanings == ["customer", "placed_at", "quantity", "amount"]

    written(of)

    expected = {"orders": 69_659, "people": 23_570, "amount": 250_031_563}
    assert counts(of) == {"new": 69_659, **expected}
    assert counts(of, "write") == {"new": 69_659, **expected, "made": 23_570}
    assert figures_of(Order.objects.all()) == Figures(
        orders=69_659, amount=250_031_563, refunded=0, buyers=23_570, returning=11_516
    )

"""Two tellings of an order become one, whichever came first."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.orders.models import Order
from apps.orders.state import Line, State, digest_of, settled
from tests.conftest import day

Status = Order.Status

moments = st.integers(0, 5).map(lambda hours: day(1) + timedelta(hours=hours))
amounts = st.sampled_from([0, 1, 100])
states = st.builds(
    State,
    changed_at=moments,
    amount=amounts,
    lines_digest=st.sampled_from([b"a", b"b"]),
    placed_at=moments,
    paid_at=st.none() | moments,
    shipped_at=st.none() | moments,
    received_at=st.none() | moments,
    refunded_at=st.none() | moments,
    refunded_amount=amounts,
    discount=amounts,
    channel=st.sampled_from(Order.Channel.values),
    shop=st.sampled_from(["", "a", "b"]),
)


def state(**told) -> State:
    first = {
        "changed_at": day(1),
        "amount": 100,
        "lines_digest": b"",
        "placed_at": day(1),
    }
    return State(**first | told)


@given(states, states, states)
def test_neither_order_nor_repetition_matters(one, other, third):
    assert settled(one, other) == settled(other, one)
    assert settled(settled(one, other), third) == settled(one, settled(other, third))
    assert settled(one, one) == one
    assert settled(settled(one, other), one) == settled(one, other)


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({}, Status.PLACED),
        ({"paid_at": day(1)}, Status.PAID),
        # sent before it is paid: on delivery
        ({"shipped_at": day(2)}, Status.SHIPPED),
        ({"paid_at": day(1), "received_at": day(3)}, Status.RECEIVED),
        # a part is given back
        (
            {"paid_at": day(1), "refunded_at": day(3), "refunded_amount": 99},
            Status.PAID,
        ),
        # all of it is
        ({"refunded_at": day(3), "refunded_amount": 100}, Status.REFUNDED),
        ({"refunded_at": day(3), "amount": 0}, Status.REFUNDED),
    ],
)
def test_the_status_is_the_furthest_milestone(told, status):
    assert state(**told).status == status


def test_the_later_telling_is_believed_and_the_earlier_moment():
    early = state(amount=100, paid_at=day(2), shop="a", changed_at=day(2))
    late = state(amount=80, paid_at=day(3), shop="b", changed_at=day(5))

    now = settled(late, early)

    assert (now.amount, now.shop, now.paid_at) == (80, "b", day(2))


def test_a_refund_never_shrinks():
    more = state(refunded_at=day(2), refunded_amount=60, changed_at=day(2))
    less = state(refunded_at=day(3), refunded_amount=20, changed_at=day(3))

    assert settled(more, less).refunded_amount == 60


def test_lines_that_repeat_each_other_are_not_one():
    line = Line(number="1", name="茶", amount=100)

    assert digest_of([line, line]) != digest_of([line])

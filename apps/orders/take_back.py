"""What a table of orders brought is taken back: new orders go, others are as before.

An order of which its system has told anything else since stays as it is now.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.dateparse import parse_datetime

from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.orders.events import OrderTakenBack
from apps.orders.keep import COLUMNS, KeptOrder, known_products, state_of, update
from apps.orders.models import Order, OrderLine
from apps.orders.state import Line, State, settled
from apps.staff.models import User


def journal_of(
    before: Mapping[str, KeptOrder], told: Iterable[tuple[int, State]]
) -> list[Any]:
    """Each order that is made or changed: its number of ours, how it stood before
    (None: it is new), its lines then, and what is told of it."""
    was = {kept.pk: kept for kept in before.values()}
    return [
        [
            pk,
            written(was[pk].state) if pk in was else None,
            [astuple(line) for line in was[pk].lines or ()] if pk in was else [],
            written(state),
        ]
        for pk, state in told
    ]


def with_lines(orders: Mapping[str, KeptOrder]) -> Mapping[str, KeptOrder]:
    """The same orders with the lines they have, before a table changes them."""
    lines: dict[int, list[Line]] = defaultdict(list)
    rows = OrderLine.objects.filter(order__in=[kept.pk for kept in orders.values()])
    for of, number, *told in rows.order_by("order", "position").values_list(
        "order_id", "product__number", "name", "quantity", "amount"
    ):
        lines[of].append(line_of((number or "", told[0], (), *told[1:])))
    for kept in orders.values():
        kept.lines = tuple(lines[kept.pk])
    return orders


def written(state: State) -> dict[str, Any]:
    kept = {name: getattr(state, name) for name in COLUMNS}
    kept["lines_digest"] = bytes(kept["lines_digest"]).hex()
    return kept


def read(kept: Mapping[str, Any]) -> State:
    values = dict(kept, lines_digest=bytes.fromhex(kept["lines_digest"]))
    for name, value in values.items():
        if name.endswith("_at") and isinstance(value, str):
            values[name] = parse_datetime(value)
    return State(**values)


def line_of(kept: Sequence[Any]) -> Line:
    number, name, tags, quantity, amount = kept
    return Line(
        number=number, name=name, tags=tuple(tags), quantity=quantity, amount=amount
    )


@transaction.atomic
def take_orders_back(
    journal: Sequence[Any], *, system: str, by: User, at: datetime
) -> tuple[set[int], list[int]]:
    """Answer which orders are gone, and which stay although the table made them."""
    there = Order.objects.select_for_update().in_bulk([pk for pk, *_rest in journal])
    gone: list[Order] = []
    stay: list[int] = []
    as_before: dict[str, KeptOrder] = {}
    numbers: set[str] = set()
    for pk, before, lines, told in journal:
        row = there.get(pk)
        if row is None:
            continue
        now, ours = state_of(row), read(told)
        if before is None:
            gone.append(row) if now == ours else stay.append(pk)
        elif now == settled(read(before), ours):
            as_before[row.number] = KeptOrder(
                state=read(before), pk=pk, lines=tuple(map(line_of, lines))
            )
            numbers |= {line[0] for line in lines}
    update(as_before, {n: p.pk for n, p in known_products(system, numbers).items()})
    OrderLine.objects.filter(order__in=[row.pk for row in gone]).delete()
    Order.objects.filter(pk__in=[row.pk for row in gone]).delete()
    record_all(
        OrderTakenBack(
            at=at,
            source=EventRecord.Source.PERSON,
            contact_id=row.contact_id,
            actor_id=by.pk,
            order_id=row.pk,
        )
        for row in gone
    )
    return {row.pk for row in gone}, stay

"""Orders, their lines and products, read and written many at a time."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from django.db import connection

from apps.common.copying import copy_in
from apps.orders.models import Order, OrderLine, Product
from apps.orders.state import Line, State

COLUMNS = [field.name for field in fields(State)]
TYPES = {
    "amount": "bigint",
    "refunded_amount": "bigint",
    "discount": "bigint",
    "channel": "text",
    "shop": "text",
    "status": "text",
    "lines_digest": "text",
}
# One statement whose plan does not grow with the rows, as that of bulk_update does.
UPDATE = """
UPDATE orders_order AS kept SET {set}
FROM json_to_recordset(%s::json) AS told (id bigint, {told})
WHERE kept.id = told.id
""".format(
    set=", ".join(
        f"{name} = decode(told.{name}, 'hex')"
        if name == "lines_digest"
        else f"{name} = told.{name}"
        for name in [*COLUMNS, "status"]
    ),
    told=", ".join(
        f"{name} {TYPES.get(name, 'timestamptz')}" for name in [*COLUMNS, "status"]
    ),
)
MOST_TAGS = 50  # of one product


@dataclass(kw_only=True)
class KeptOrder:
    """An order as we have it, or will have it; `lines` when they are to be written."""

    state: State
    lines: tuple[Line, ...] | None = None
    pk: int = 0
    contact_id: int | None = None


def known_orders(system: str, numbers: Collection[str]) -> dict[str, KeptOrder]:
    rows = Order.objects.filter(system=system, number__in=numbers)
    return {
        row.number: KeptOrder(state=state_of(row), pk=row.pk, contact_id=row.contact_id)
        for row in rows
    }


def state_of(row: Order) -> State:
    values = {name: getattr(row, name) for name in COLUMNS}
    return State(**values | {"lines_digest": bytes(row.lines_digest)})


def insert(
    system: str,
    orders: Mapping[str, KeptOrder],
    products: Mapping[str, int],
    *,
    at: datetime,
) -> None:
    """New orders with their lines; each gets its number of ours."""
    if not orders:
        return
    made = copy_in(
        (
            Order(
                system=system,
                number=number,
                contact_id=kept.contact_id,
                recorded_at=at,
                **columns_of(kept.state),
            )
            for number, kept in orders.items()
        ),
        numbered=True,
    )
    for row, kept in zip(made, orders.values(), strict=True):
        kept.pk = row.pk
    write_lines(orders.values(), products)


def update(orders: Mapping[str, KeptOrder], products: Mapping[str, int]) -> None:
    """Orders that stand otherwise than before, and lines where they are others."""
    if not orders:
        return
    rows = [{"id": kept.pk, **columns_of(kept.state)} for kept in orders.values()]
    for row in rows:
        row["lines_digest"] = row["lines_digest"].hex()
    with connection.cursor() as cursor:
        cursor.execute(UPDATE, [json.dumps(rows, default=datetime.isoformat)])
    other = [kept for kept in orders.values() if kept.lines is not None]
    OrderLine.objects.filter(order__in=[kept.pk for kept in other]).delete()
    write_lines(other, products)


def columns_of(state: State) -> dict:
    values = {name: getattr(state, name) for name in COLUMNS}
    return {**values, "status": state.status}


def write_lines(orders: Iterable[KeptOrder], products: Mapping[str, int]) -> None:
    copy_in(
        OrderLine(
            order_id=kept.pk,
            position=position,
            product_id=products.get(line.number),
            name=line.name,
            quantity=line.quantity,
            amount=line.amount,
        )
        for kept in orders
        for position, line in enumerate(kept.lines or (), 1)
    )


def keep_products(
    system: str, lines: Iterable[Line], *, at: datetime
) -> dict[str, int]:
    """The products of these lines. A name that is told anew is the name; tags are only
    added, for our own people add some as well."""
    told: dict[str, Line] = {}
    tags: dict[str, list[str]] = {}
    for line in lines:
        if line.number:
            told[line.number] = line
            tags.setdefault(line.number, []).extend(line.tags)
    if not told:
        return {}
    known = known_products(system, told)
    if missing := sorted(told.keys() - known.keys()):
        Product.objects.bulk_create(
            (
                Product(
                    system=system,
                    number=number,
                    name=told[number].name,
                    tags=all_tags([], tags[number]),
                    seen_at=at,
                )
                for number in missing
            ),
            ignore_conflicts=True,
        )
        known |= known_products(system, missing)
    other = []
    for number, product in sorted(known.items()):
        name, had = told[number].name or product.name, product.tags
        product.tags = all_tags(had, tags[number])
        if name != product.name or product.tags != had:
            product.name = name
            other.append(product)
    if other:
        Product.objects.bulk_update(other, ["name", "tags"])
    return {number: product.pk for number, product in known.items()}


def known_products(system: str, numbers: Iterable[str]) -> dict[str, Product]:
    rows = Product.objects.filter(system=system, number__in=list(numbers))
    return {row.number: row for row in rows}


def all_tags(had: Iterable[str], told: Iterable[str]) -> list[str]:
    return list(dict.fromkeys([*had, *told]))[:MOST_TAGS]

"""What a contact's orders come to, for the rule language.

An order counts once it is paid, and no more when all of it was given back; amounts are
without what was given back.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _

from apps.orders.models import Order
from apps.orders.shops import shops
from apps.rules.facts import Source, facts_of
from apps.rules.fields import Option, Rows, Totals, add
from apps.rules.operators import Kind
from apps.rules.shapes import Shape

COUNTS = "row.paid_at IS NOT NULL AND row.status <> 'refunded'"
OPTIONS = (
    Option(
        name="within",
        title=_("in these days"),
        shape=Shape.WITHIN,
        at="row.paid_at",
        says="%(value)s",
    ),
    Option(
        name="product",
        title=_("product"),
        shape=Shape.PICKS,
        sql="EXISTS (SELECT FROM orders_orderline AS line "
        "WHERE line.order_id = row.id AND line.product_id = ANY(%(product)s))",
        model="orders.product",
        says=_("of product %(value)s"),
    ),
    Option(
        name="product_tag",
        title=_("tag of the product"),
        shape=Shape.TEXT,
        sql="EXISTS (SELECT FROM orders_orderline AS line "
        "JOIN orders_product AS product ON product.id = line.product_id "
        "WHERE line.order_id = row.id AND product.tags @> ARRAY[%(product_tag)s]"
        "::varchar[])",
        says=_("of products tagged “%(value)s”"),
    ),
    Option(
        name="channel",
        title=_("sales channel"),
        shape=Shape.CHOICES,
        sql="row.channel = ANY(%(channel)s)",
        choices=lambda: dict(Order.Channel.choices),
        says=_("by %(value)s"),
    ),
    Option(
        name="shop",
        title=_("shop"),
        shape=Shape.TEXT,
        sql="row.shop = %(shop)s",
        suggestions=shops,
        says=_("in shop “%(value)s”"),
    ),
)
ORDERS: dict[str, Any] = {
    "group": _("Orders"),
    "permission": "orders.view_order",
    "topic": "order",
    "table": "orders_order AS row",
    "where": COUNTS,
    "options": OPTIONS,
    "loose": ("product_tag",),
}

facts_of(
    Source(
        topic="order",
        table="orders_order AS row",
        contact="row.contact_id",
        at="row.paid_at",
        where=COUNTS,
        worth="row.amount - row.refunded_amount",
    )
)
add(
    Totals(
        name="order_count",
        title=_("paid orders"),
        kind=Kind.COUNT,
        measure="count(*)",
        fact="many",
        **ORDERS,
    ),
    Totals(
        name="order_sum",
        title=_("amount of paid orders"),
        kind=Kind.SUM,
        measure="coalesce(sum(row.amount - row.refunded_amount), 0)",
        fact="sum",
        **ORDERS,
    ),
    Totals(
        name="last_order",
        title=_("last paid order"),
        kind=Kind.MOMENT,
        measure="max(row.paid_at)",
        fact="last",
        optional=True,
        **ORDERS,
    ),
    Totals(
        name="first_order",
        title=_("first paid order"),
        kind=Kind.MOMENT,
        measure="min(row.paid_at)",
        fact="first",
        optional=True,
        **ORDERS,
    ),
    Totals(
        name="order_average",
        title=_("average amount of a paid order"),
        kind=Kind.MONEY,
        measure="avg(row.amount - row.refunded_amount)",
        **ORDERS,
    ),
    Totals(
        name="discounted",
        title=_("share of orders bought at a discount, %"),
        kind=Kind.NUMBER,
        measure="100.0 * count(*) FILTER (WHERE row.discount > 0) "
        "/ nullif(count(*), 0)",
        optional=True,
        **ORDERS,
    ),
    Rows(
        name="refunded_at",
        title=_("got a refund"),
        group=_("Orders"),
        permission="orders.view_order",
        kind=Kind.MOMENT,
        table="orders_order AS row",
        value="row.refunded_at",
        optional=True,
        topic="order",
    ),
    Rows(
        name="unpaid_since",
        title=_("has an unpaid order since"),
        group=_("Orders"),
        permission="orders.view_order",
        kind=Kind.MOMENT,
        table="orders_order AS row",
        value="row.placed_at",
        where="row.status = 'placed'",
        optional=True,
        topic="order",
    ),
)

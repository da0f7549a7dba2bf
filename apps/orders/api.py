"""The endpoint that shops tell orders to, and where they read what became of them."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet
from django_filters.filters import CharFilter, ChoiceFilter
from drf_spectacular.utils import (
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.clients.models import Client, Scope
from apps.common.api.cursors import OURS, page_of
from apps.common.api.fields import Fen, Id, Moment, Strict, Text, Whole
from apps.common.api.filters import (
    DigitsFilter,
    MomentFilter,
    documented,
    narrowed,
)
from apps.common.api.many import Refusal, results_of, told_one_by_one
from apps.common.api.once import once
from apps.common.api.schema import IDEMPOTENCY_KEY, PAGING, PageOut, example, in_path
from apps.common.api.views import ApiView
from apps.contacts.api import PersonIn
from apps.orders.models import Order
from apps.orders.record import Outcome, Recorded, ToldOrder
from apps.orders.state import Line, State, digest_of
from apps.orders.tell import tell

MOST = 100  # orders told at once
MOST_LINES = 200
ORDER_ID = in_path("order_id")
EXAMPLE = {
    "number": "E20260308001",
    "contact": {"phone": "13800138000", "name": "张三丰"},
    "amount": 12800,
    "placed_at": "2026-03-08T14:08:00+08:00",
    "paid_at": "2026-03-08T14:09:12+08:00",
    "lines": [{"product_number": "sku-1", "quantity": 2, "amount": 12800}],
}
MILESTONES = [f"{status.value}_at" for status in Order.Status]


class LineIn(Strict):
    product_number = Text(max_length=64, required=False, default="", allow_blank=True)
    name = Text(max_length=255, required=False, default="", allow_blank=True)
    tags = serializers.ListField(
        child=Text(max_length=32),
        required=False,
        default=list,
        max_length=20,
        help_text=_("Labels of the product; they are added to those it has."),
    )
    quantity = Whole(min_value=1, max_value=1_000_000)
    amount = Fen(help_text=_("What all of them cost together, in fen."))


class OrderIn(Strict):
    """An order as it stands, told again whenever it changes, or to be sure."""

    default_error_messages = {
        "too_early": _("It cannot have happened before the order was placed."),
        "more_than_all": _("More is refunded than was paid."),
    }

    number = Text(max_length=64, help_text=_("Under which your system knows it."))
    contact = PersonIn()
    channel = serializers.ChoiceField(
        Order.Channel.choices, required=False, default=Order.Channel.OTHER
    )
    shop = Text(max_length=64, required=False, default="", allow_blank=True)
    amount = Fen(help_text=_("What is to be paid, in fen."))
    discount = Fen(
        required=False,
        default=0,
        help_text=_("What was taken off the price, in fen; the amount is without it."),
    )
    placed_at = Moment()
    paid_at = Moment(required=False, allow_null=True)
    shipped_at = Moment(required=False, allow_null=True)
    received_at = Moment(required=False, allow_null=True)
    refunded_at = Moment(required=False, allow_null=True)
    refunded_amount = Fen(
        required=False,
        help_text=_("All that was refunded so far, in fen. Without it: everything."),
    )
    changed_at = Moment(
        required=False,
        help_text=_(
            "When it changed last in your system: the later telling is believed. "
            "Without it: the latest of its moments."
        ),
    )
    lines = LineIn(many=True, max_length=MOST_LINES)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        early = [
            name
            for name in MILESTONES
            if told.get(name) and told[name] < told["placed_at"]
        ]
        if early:
            words = self.error_messages["too_early"]
            wrong = serializers.ErrorDetail(str(words), "too_early")
            raise serializers.ValidationError({name: [wrong] for name in early})
        if told.get("refunded_amount", 0) > told["amount"]:
            words = self.error_messages["more_than_all"]
            wrong = serializers.ErrorDetail(str(words), "more_than_all")
            raise serializers.ValidationError({"refunded_amount": [wrong]})
        return told


class OrdersIn(Strict):
    """Several orders at once: each stands for itself."""

    orders = OrderIn(many=True, min_length=1, max_length=MOST)


class RecordedOut(serializers.Serializer):
    number = serializers.CharField(allow_null=True)
    outcome = serializers.ChoiceField(
        [*Outcome, Refusal.REFUSED],
        help_text=_("passed_over: of somebody who was erased after it was placed."),
    )
    id = serializers.CharField(required=False)
    contact_id = serializers.CharField(required=False, allow_null=True)
    errors = serializers.ListField(child=serializers.DictField(), required=False)


class RecordedManyOut(serializers.Serializer):
    results = RecordedOut(many=True, help_text=_("In the order of the request."))


class LineOut(serializers.Serializer):
    product_id = Id(allow_null=True)
    product_number = serializers.SerializerMethodField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    amount = serializers.IntegerField()

    def get_product_number(self, line: Any) -> str:
        return line.product.number if line.product else ""


class OrderOut(serializers.Serializer):
    id = Id(source="pk")
    number = serializers.CharField()
    contact_id = serializers.SerializerMethodField()
    status = serializers.ChoiceField(Order.Status.choices)
    channel = serializers.ChoiceField(Order.Channel.choices)
    shop = serializers.CharField()
    amount = serializers.IntegerField()
    refunded_amount = serializers.IntegerField()
    discount = serializers.IntegerField()
    placed_at = Moment(read_only=True)
    paid_at = Moment(read_only=True, allow_null=True)
    shipped_at = Moment(read_only=True, allow_null=True)
    received_at = Moment(read_only=True, allow_null=True)
    refunded_at = Moment(read_only=True, allow_null=True)
    changed_at = Moment(read_only=True)
    lines = LineOut(many=True)

    def get_contact_id(self, order: Order) -> str | None:
        return None if order.contact_id is None else str(order.contact_id)


class OrderPageOut(PageOut):
    data = OrderOut(many=True)


class OrderFilter(FilterSet):
    """What may be asked for behind the "?"; each of it, and all together, is fast."""

    number = CharFilter(max_length=64)
    status = ChoiceFilter(choices=Order.Status.choices)
    shop = CharFilter(max_length=64)
    contact_id = DigitsFilter(field_name="contact")
    placed_from = MomentFilter(field_name="placed_at", lookup_expr="gte")
    placed_before = MomentFilter(field_name="placed_at", lookup_expr="lt")


class Orders(ApiView):
    """Tell orders; read those that your own system has told."""

    scopes = {"GET": Scope.ORDERS_READ, "POST": Scope.ORDERS_WRITE}
    parameters = frozenset({*OrderFilter.base_filters, *OURS})

    @extend_schema(
        operation_id="listOrders",
        description=_("The orders that your system has told, the newest first."),
        parameters=[*documented(OrderFilter), *PAGING],
        responses=OrderPageOut,
        tags=["orders"],
    )
    def get(self, request: Request) -> Response:
        rows = narrowed(OrderFilter, request, orders_of(request.user))
        page = page_of(request, rows, by="placed_at")
        return Response(page.answer(OrderOut(page.rows, many=True).data))

    @extend_schema(
        operation_id="tellOrders",
        description=_(
            "Tell an order, or up to 100 at once. One that is told again is kept once; "
            "states may come in any order. Of several, each stands for itself: those "
            "that are wrong are refused, the others are kept."
        ),
        parameters=[IDEMPOTENCY_KEY],
        request=PolymorphicProxySerializer(
            component_name="OrderOrOrders",
            serializers=[OrderIn, OrdersIn],
            resource_type_field_name=None,
        ),
        examples=example(EXAMPLE),
        responses={200: RecordedManyOut, 201: RecordedManyOut},
        tags=["orders"],
    )
    @once
    def post(self, request: Request) -> Response:
        many = isinstance(request.data, dict) and "orders" in request.data
        told = told_one_by_one(request.data, OrderIn, within="orders", most=MOST)
        orders = [
            told_order(each.value, request.user)
            for each in told
            if each.value is not None
        ]
        recorded = tell(key=request.auth, orders=orders, at=timezone.now())
        results = results_of(told, recorded, name="number", kept=kept)
        new = not many and results[0]["outcome"] == Outcome.CREATED
        return Response({"results": results}, status=201 if new else 200)


class OneOrder(ApiView):
    """One order that your own system has told."""

    scopes = {"GET": Scope.ORDERS_READ}

    @extend_schema(
        operation_id="readOrder",
        description=_("One order that your system has told, by our number of it."),
        parameters=[ORDER_ID],
        responses=OrderOut,
        tags=["orders"],
    )
    def get(self, request: Request, order_id: int) -> Response:
        order = get_object_or_404(orders_of(request.user), pk=order_id)
        return Response(OrderOut(order).data)


def orders_of(client: Client) -> QuerySet[Order]:
    return Order.objects.told_by(client).prefetch_related("lines__product")


def told_order(told: Mapping[str, Any], client: Client) -> ToldOrder:
    lines = tuple(
        Line(
            number=line["product_number"],
            name=line["name"],
            tags=tuple(line["tags"]),
            quantity=line["quantity"],
            amount=line["amount"],
        )
        for line in told["lines"]
    )
    moments: dict[str, Any] = {name: told.get(name) for name in MILESTONES}
    everything = told["amount"] if moments["refunded_at"] else 0
    state = State(
        changed_at=told.get("changed_at") or max(filter(None, moments.values())),
        amount=told["amount"],
        discount=told["discount"],
        refunded_amount=told.get("refunded_amount", everything),
        channel=told["channel"],
        shop=told["shop"],
        lines_digest=digest_of(lines),
        **moments,
    )
    person = PersonIn.person(told["contact"], system=client.system)
    return ToldOrder(number=told["number"], person=person, state=state, lines=lines)


def kept(told: Mapping[str, Any], recorded: Recorded) -> dict[str, Any]:
    contact_id = recorded.contact_id
    if recorded.order_id is None:
        return {"number": told["number"], "outcome": str(recorded.outcome)}
    return {
        "number": told["number"],
        "outcome": str(recorded.outcome),
        "id": str(recorded.order_id),
        "contact_id": None if contact_id is None else str(contact_id),
    }

"""What orders bring to the contact page and to the list of contacts."""

from typing import Any

from django.db.models import Count, Exists, Max, Min, OuterRef, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Choice
from apps.common.panels import shared
from apps.contacts.models import Contact
from apps.contacts.panels import CONTACT_PAGE, FACT, MAIN, NEXT, Look, Next, theme
from apps.orders.models import Order

SHOWN = 4
WAITS = 2  # orders that stand among what comes next
Status = Order.Status

theme(
    "orders",
    title=_("Orders"),
    looks={
        "OrderPlaced": Look("shopping_cart"),
        "OrderPaid": Look("payments", "good"),
        "OrderShipped": Look("local_shipping"),
        "OrderReceived": Look("inventory", "good"),
        "OrderRefunded": Look("currency_exchange", "bad"),
        "OrderRefundedMore": Look("currency_exchange", "bad"),
        "OrderTakenBack": Look("undo", "late"),
    },
)


@CONTACT_PAGE.filter
class BoughtFilter(Choice):
    """Whether they ever ordered, and whether they came back on another day."""

    title = _("orders")
    parameter_name = "bought"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [
            ("any", _("have ordered")),
            ("again", _("ordered on more than one day")),
            ("none", _("never ordered")),
        ]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        theirs = Order.objects.filter(contact=OuterRef("pk"))
        if value == "any":
            return contacts.filter(Exists(theirs))
        if value == "none":
            return contacts.filter(~Exists(theirs))
        return contacts.filter(Exists(on_several_days(theirs)))


def on_several_days(orders: QuerySet) -> QuerySet:
    """A row for each contact whose first and last order are of two days."""
    days = orders.order_by().values("contact")
    ends = days.annotate(first=Min("placed_at"), last=Max("placed_at"))
    return ends.exclude(first__date=TruncDate("last"))


@CONTACT_PAGE.panel(
    FACT,
    order=50,
    title=_("orders"),
    template="admin/orders/fact.html",
    permission="orders.view_order",
)
def what_they_come_to(contact: Contact, request: HttpRequest) -> dict[str, Any]:
    last = last_orders(contact)
    if len(last) < SHOWN:  # these are all
        return {
            "contact": contact,
            "many": len(last),
            "amount": sum(order.amount for order in last),
            "refunded": sum(order.refunded_amount for order in last),
            "last": last[0].placed_at if last else None,
        }
    return {
        "contact": contact,
        **Order.objects.filter(contact=contact).aggregate(
            many=Count("pk"),
            amount=Sum("amount"),
            refunded=Sum("refunded_amount"),
            last=Max("placed_at"),
        ),
    }


@CONTACT_PAGE.panel(
    NEXT,
    order=10,
    title=_("orders"),
    template="",
    permission="orders.view_order",
)
def what_orders_wait_for(
    contact: Contact, request: HttpRequest
) -> dict[str, Any] | None:
    """The last orders that are not paid, or paid and not sent."""
    waiting = (Status.PLACED, Status.PAID)
    last = [o for o in last_orders(contact) if o.status in waiting][:WAITS]
    words = {
        Status.PLACED: (gettext("Order %s is not paid"), "credit_card"),
        Status.PAID: (gettext("Order %s is to be sent"), "local_shipping"),
    }
    found = []
    for order in last:
        told, icon = words[Status(order.status)]
        address = reverse("admin:orders_order_change", args=[order.pk])
        found.append(Next(told % order.number, icon, address))
    return {"lines": found} if found else None


@CONTACT_PAGE.panel(
    MAIN,
    order=20,
    title=_("Orders"),
    template="admin/orders/panel.html",
    permission="orders.view_order",
)
def orders_of(contact: Contact, request: HttpRequest) -> dict[str, Any] | None:
    last = last_orders(contact)
    return {"contact": contact, "last": last} if last else None


def last_orders(contact: Contact) -> list[Order]:
    theirs = Order.objects.filter(contact=contact).order_by("-placed_at", "-pk")
    return shared(contact, "last orders", lambda: list(theirs[:SHOWN]))

"""What orders have to tell. Amounts are in fen."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class OrderPlaced(Event):
    """A contact ordered something."""

    title: ClassVar = _("ordered")

    order_id: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class OrderPaid(Event):
    """The order was paid."""

    title: ClassVar = _("paid an order")

    order_id: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class OrderShipped(Event):
    """The order was sent."""

    title: ClassVar = _("an order was shipped")

    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderReceived(Event):
    """The contact has it."""

    title: ClassVar = _("received an order")

    order_id: int


@dataclass(frozen=True, kw_only=True)
class OrderRefunded(Event):
    """Money was given back for the first time; `amount` is how much of it then."""

    title: ClassVar = _("an order was refunded")

    order_id: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class OrderRefundedMore(Event):
    """Money was given back once again; `amount` is how much more."""

    title: ClassVar = _("more of an order was refunded")

    order_id: int
    amount: int


@dataclass(frozen=True, kw_only=True)
class OrderTakenBack(Event):
    """The table that told of the order was taken back: there is no such order."""

    title: ClassVar = _("an order was taken back")

    order_id: int

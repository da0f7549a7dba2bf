"""How an order stands, and how two tellings of it become one.

`settled` does not mind which of the two came first, nor how often one comes: it is
commutative, associative and idempotent, and its tests say so.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from apps.orders.models import Order

Status = Order.Status


@dataclass(frozen=True, kw_only=True)
class Line:
    """So many of a product. `amount` is what all of them cost together, in fen."""

    number: str = ""
    name: str = ""
    tags: tuple[str, ...] = ()
    quantity: int = 1
    amount: int = 0


@dataclass(frozen=True, kw_only=True)
class State:
    """What is known of an order besides who bought it. Amounts are in fen."""

    changed_at: datetime
    amount: int
    lines_digest: bytes
    placed_at: datetime
    paid_at: datetime | None = None
    shipped_at: datetime | None = None
    received_at: datetime | None = None
    refunded_at: datetime | None = None
    refunded_amount: int = 0
    discount: int = 0  # taken off the price; not in the amount
    channel: str = Order.Channel.OTHER
    shop: str = ""

    @property
    def milestones(self) -> dict[Status, datetime]:
        """Those reached, in their order."""
        moments = {status: getattr(self, f"{status.value}_at") for status in Status}
        return {status: at for status, at in moments.items() if at is not None}

    @property
    def status(self) -> Status:
        reached = self.milestones
        if Status.REFUNDED in reached and self.refunded_amount < self.amount:
            del reached[Status.REFUNDED]  # in part only
        return list(reached)[-1]

    @property
    def version(self) -> tuple:
        """The larger one is believed; the same for the same telling."""
        paid = (self.amount, self.discount)
        return self.changed_at, paid, self.lines_digest, str(self.channel), self.shop


def settled(one: State, other: State) -> State:
    latest = max(one, other, key=lambda state: state.version)
    return replace(
        latest,
        placed_at=min(one.placed_at, other.placed_at),
        paid_at=earliest(one.paid_at, other.paid_at),
        shipped_at=earliest(one.shipped_at, other.shipped_at),
        received_at=earliest(one.received_at, other.received_at),
        refunded_at=earliest(one.refunded_at, other.refunded_at),
        refunded_amount=max(one.refunded_amount, other.refunded_amount),
    )


def earliest(*moments: datetime | None) -> datetime | None:
    return min((at for at in moments if at is not None), default=None)


def digest_of(lines: Iterable[Line]) -> bytes:
    """Equal for the same lines in the same order."""
    told = [[line.number, line.name, line.quantity, line.amount] for line in lines]
    text = json.dumps(told, ensure_ascii=True)
    return hashlib.blake2s(text.encode(), digest_size=16).digest()

"""The touches of one contact in time, and what each model gives them of each order.

All kinds of touch stand in one line of time. What is shared out is by one of them, by
channel first; of Markov's model there is no share of a single path.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.contacts.models import Contact
from apps.orders.models import Order
from apps.reports.attribution import OF_A_PATH
from apps.reports.paths import Conversion, ask
from apps.reports.table import names_of
from apps.reports.touches import KINDS, Kind
from apps.staff.models import User

MOST = 40  # touches that are shown, the newest of them
ORDERS = 3
WINDOW = 30  # days before an order

THEIRS = " UNION ALL ".join(
    f"SELECT '{kind.name}' AS kind, at, key::text FROM ({kind.rows}) AS touch "
    f"WHERE contact_id = %(contact)s"
    for kind in KINDS.values()
)
NEWEST = f"SELECT * FROM ({THEIRS}) AS touched ORDER BY at DESC LIMIT {MOST}"


@dataclass(frozen=True, kw_only=True)
class Touch:
    kind: Kind
    key: Any
    name: str
    at: datetime

    @property
    def words(self) -> str:
        return str(self.kind.each) % {"name": self.name}


@dataclass(frozen=True, kw_only=True)
class Shared:
    """One order, and what each model gives each touch before it, in percent."""

    order: Order
    by: Kind
    touches: Sequence[Touch]
    shares: dict[str, list[float]]

    @property
    def rows(self) -> list[tuple[Touch, list[float]]]:
        return [
            (touch, [self.shares[model][number] for model in OF_A_PATH])
            for number, touch in enumerate(self.touches)
        ]


def touches_of(contact: Contact, *, user: User) -> list[Touch]:
    """The newest first. One query, and one for the names of each kind."""
    rows = ask(NEWEST, {"contact": contact.pk})
    found: dict[str, list[Any]] = {}
    for name, _at, key in rows:
        found.setdefault(name, []).append(key_of(KINDS[name], key))
    names = {
        name: names_of(keys, by=KINDS[name], user=user) for name, keys in found.items()
    }
    return [
        Touch(
            kind=KINDS[name],
            key=(number := key_of(KINDS[name], key)),
            name=names[name][number],
            at=at,
        )
        for name, at, key in rows
    ]


def key_of(kind: Kind, text: str) -> Any:
    return int(text) if kind.model else text


def orders_of(contact: Contact) -> list[Order]:
    paid = Order.objects.filter(contact=contact, paid_at__isnull=False)
    return list(paid.order_by("-placed_at", "-pk")[:ORDERS])


def shared(order: Order, touches: Sequence[Touch]) -> Shared | None:
    """By the first kind that touched at all in the days before."""
    at = order.paid_at or order.placed_at
    since = at - timedelta(days=WINDOW)
    within = [touch for touch in reversed(touches) if since < touch.at <= at]
    for kind in KINDS.values():
        if of_kind := [touch for touch in within if touch.kind == kind]:
            return Shared(
                order=order, by=kind, touches=of_kind, shares=shares_of(of_kind)
            )
    return None


def shares_of(touches: Sequence[Touch]) -> dict[str, list[float]]:
    walked = Conversion(
        what=0,
        contact_id=0,
        at=touches[-1].at,
        worth=0,
        touches=tuple((touch.key, touch.at) for touch in touches),
    )
    return {
        model: [share * 100 for share in share_out(walked.path)]
        for model, share_out in OF_A_PATH.items()
    }

"""Another system tells its orders: they are kept, and by which key it was, is noted."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.clients.models import Key
from apps.clients.noting import note_told
from apps.events.models import EventRecord
from apps.orders.record import Outcome, Recorded, ToldOrder, record_orders

WRITTEN = (Outcome.CREATED, Outcome.UPDATED)


@transaction.atomic
def tell(*, key: Key, orders: Sequence[ToldOrder], at: datetime) -> list[Recorded]:
    recorded = record_orders(
        system=key.client.system,
        orders=orders,
        source=EventRecord.Source.CLIENT,
        at=at,
    )
    written = [each for each in recorded if each.outcome in WRITTEN]
    if written:
        note_told(
            key=key,
            deed="orders_told",
            at=at,
            many=len(written),
            numbers=[each.order_id for each in written],
        )
    return recorded

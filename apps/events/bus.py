"""record() what happened, subscribe() to hear of it.

The event is written in the transaction of the change it tells of, and beside it one
delivery for each subscriber. What the first pull finds is history, not news: it is
recorded, and nobody hears of it, so that a million old customers set nothing off.
"""

import json
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from django.db import connection, transaction

from apps.common.clock import now
from apps.common.jobs import ring
from apps.common.lanes import Lane
from apps.events.event import Event
from apps.events.models import Delivery, EventRecord

Subscriber = Callable[[Any], None]

SUBSCRIBERS: dict[type[Event], list[tuple[str, str]]] = {}
BATCH = 2_000  # rows an INSERT carries
COPY = """
COPY events_eventrecord (kind, contact_id, actor_id, source, facts, at, recorded_at)
FROM STDIN
"""


def subscribe(
    kind: type[Event], *, lane: str = Lane.NEWS
) -> Callable[[Subscriber], Subscriber]:
    """Let the decorated function hear of every event of a kind, at least once."""

    def register(hear: Subscriber) -> Subscriber:
        name = f"{hear.__module__}.{hear.__qualname__}"
        SUBSCRIBERS.setdefault(kind, []).append((name, lane))
        return hear

    return register


def record(event: Event) -> EventRecord:
    """The same for one event, whose row is wanted."""
    return _record_and_deliver([event])[0]


@transaction.atomic(savepoint=False)
def record_all(events: Iterable[Event]) -> None:
    """Write events and their deliveries; ring once for each lane that got work."""
    heard: list[Event] = []
    unheard: list[Event] = []
    for event in events:
        history = event.source == EventRecord.Source.FIRST_PULL
        nobody = history or type(event) not in SUBSCRIBERS
        (unheard if nobody else heard).append(event)
    _record(unheard)
    _record_and_deliver(heard)


def _record(events: list[Event]) -> None:
    """Events that nobody hears of: a first pull brings them by the hundred thousand."""
    if not events:
        return
    at = now()
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        for event in events:
            facts = json.dumps(event.facts())
            who = (event.contact_id, event.actor_id)
            copy.write_row((event.kind, *who, event.source, facts, event.at, at))


def _record_and_deliver(events: list[Event]) -> list[EventRecord]:
    records = EventRecord.objects.bulk_create(
        [
            EventRecord(
                kind=event.kind,
                contact_id=event.contact_id,
                actor_id=event.actor_id,
                source=event.source,
                facts=event.facts(),
                at=event.at,
            )
            for event in events
        ],
        batch_size=BATCH,
    )
    at = now()
    deliveries = [
        Delivery(event=row, subscriber=name, lane=lane, due_at=at)
        for event, row in zip(events, records, strict=True)
        if event.source != EventRecord.Source.FIRST_PULL
        for name, lane in SUBSCRIBERS.get(type(event), [])
    ]
    Delivery.objects.bulk_create(deliveries, batch_size=BATCH)
    for lane in {delivery.lane for delivery in deliveries}:
        transaction.on_commit(partial(ring, lane), robust=True)
    return records

"""record() what happened, subscribe() to hear of it.

The event is written in the transaction of the change it tells of, and beside it one
delivery for each subscriber. What the first pull finds is history, not news: it is
recorded, and nobody hears of it, so that a million old customers set nothing off.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.db import connection, transaction

from apps.common.clock import now
from apps.common.jobs import ring
from apps.common.lanes import Lane
from apps.events.event import Event
from apps.events.models import Delivery, EventRecord

Subscriber = Callable[[Any], None]
Chooses = Callable[[Sequence[Any]], Sequence[bool]]


class Hearer(NamedTuple):
    """A subscriber by its path, its lane, and how it chooses what it wants to hear."""

    name: str
    lane: str
    only: Chooses | None


SUBSCRIBERS: dict[type[Event], list[Hearer]] = {}
BATCH = 2_000  # rows an INSERT carries
COPY = """
COPY events_eventrecord (kind, contact_id, actor_id, source, facts, at, recorded_at)
FROM STDIN
"""


def subscribe(
    kind: type[Event], *, lane: str = Lane.NEWS, only: Chooses | None = None
) -> Callable[[Subscriber], Subscriber]:
    """Let the decorated function hear of every event of a kind, at least once. `only`
    says of events of the kind, as they are recorded, which of them it wants."""

    def register(hear: Subscriber) -> Subscriber:
        name = f"{hear.__module__}.{hear.__qualname__}"
        SUBSCRIBERS.setdefault(kind, []).append(Hearer(name, lane, only))
        return hear

    return register


def record(event: Event) -> EventRecord:
    """The same for one event, whose row is wanted."""
    return _record_and_deliver([event], hearers_of([event]))[0]


@transaction.atomic(savepoint=False)
def record_all(events: Iterable[Event]) -> None:
    """Write events and their deliveries; ring once for each lane that got work."""
    events = list(events)
    hearers = hearers_of(events)
    heard = [n for n, each in enumerate(hearers) if each]
    _record([event for event, each in zip(events, hearers, strict=True) if not each])
    _record_and_deliver([events[n] for n in heard], [hearers[n] for n in heard])


def hearers_of(events: Sequence[Event]) -> list[list[Hearer]]:
    """Who hears of each. Whoever chooses is asked once for all of a kind."""
    found: list[list[Hearer]] = [[] for _event in events]
    places: dict[type[Event], list[int]] = defaultdict(list)
    for place, event in enumerate(events):
        if event.source != EventRecord.Source.FIRST_PULL:
            places[type(event)].append(place)
    for kind, mine in places.items():
        for hearer in SUBSCRIBERS.get(kind, ()):
            wants: Sequence[bool] = [True] * len(mine)
            if hearer.only:
                wants = hearer.only([events[place] for place in mine])
            for place, wanted in zip(mine, wants, strict=True):
                if wanted:
                    found[place].append(hearer)
    return found


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


def _record_and_deliver(
    events: Sequence[Event], hearers: Sequence[Sequence[Hearer]]
) -> list[EventRecord]:
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
        Delivery(event=row, subscriber=hearer.name, lane=hearer.lane, due_at=at)
        for row, each in zip(records, hearers, strict=True)
        for hearer in each
    ]
    Delivery.objects.bulk_create(deliveries, batch_size=BATCH)
    for lane in {delivery.lane for delivery in deliveries}:
        transaction.on_commit(partial(ring, lane), robust=True)
    return records

"""An order is placed, paid, shipped, received, refunded; told twice, kept once.

An order is known by its system and its number. A system tells an order as it stands, as
often as it likes, and what it tells may come twice, late, or the wrong way round:

* A milestone (placed, paid, shipped, received, refunded) that was told once has been
  reached, at the earliest moment that was ever told for it. The status is the furthest
  one reached; an order is refunded when all of its amount is. A refund never shrinks.
* Everything else (amount, lines, channel, shop) is as the latest telling has it, by the
  moment at which the order changed there (`changed_at`); of two that name the same
  moment, always the same one wins, whichever comes first.
* An order stays with the contact for whom it was told first. One that we did not know,
  of somebody who was erased after it was placed, is passed over.

So the outcome depends on what was told, not on the order in which it came. Each
milestone is news once, when we first hear of it.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import transaction

from apps.common.turns import take_turns
from apps.contacts.erased import of_the_erased
from apps.contacts.recognise import Person, recognise
from apps.events.bus import record_all
from apps.events.event import Event
from apps.events.models import EventRecord
from apps.orders.events import (
    OrderPaid,
    OrderPlaced,
    OrderReceived,
    OrderRefunded,
    OrderRefundedMore,
    OrderShipped,
)
from apps.orders.keep import KeptOrder, insert, keep_products, known_orders, update
from apps.orders.state import Line, State, Status, settled


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    PASSED_OVER = "passed_over"


@dataclass(frozen=True, kw_only=True)
class ToldOrder:
    """An order as its system has it, and who bought it."""

    number: str
    person: Person
    state: State
    lines: tuple[Line, ...]


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """What became of one telling."""

    order_id: int | None
    contact_id: int | None
    outcome: Outcome


PASSED_OVER = Recorded(order_id=None, contact_id=None, outcome=Outcome.PASSED_OVER)


@transaction.atomic(savepoint=False)
def record_orders(
    *,
    system: str,
    orders: Sequence[ToldOrder],
    source: EventRecord.Source,
    at: datetime,
) -> list[Recorded]:
    """Keep what a system tells of its orders, thousands as well as one."""
    if not orders:
        return []
    asked = orders
    take_turns(*(f"order:{system}:{told.number}" for told in orders))
    before = known_orders(system, {told.number for told in orders})
    passed_over = of_nobody(orders, known=before)
    orders = [told for told in orders if told.number not in passed_over]
    bought_by = people_of(orders, before, source=source, at=at)
    after, outcomes = folded(orders, before)
    for number, kept in after.items():
        kept.contact_id = bought_by[number]
    new = {n: kept for n, kept in after.items() if n not in before}
    changed = {
        number: kept
        for number, kept in after.items()
        if number in before and kept.state != before[number].state
    }
    products = keep_products(
        system,
        [line for kept in (new | changed).values() for line in kept.lines or ()],
        at=at,
    )
    insert(system, new, products, at=at)
    update(changed, products)
    record_all(
        event
        for number, kept in after.items()
        for event in news(
            before[number].state if number in before else None, kept, source=source
        )
    )
    outcome = iter(outcomes)
    return [
        Recorded(
            order_id=after[told.number].pk,
            contact_id=after[told.number].contact_id,
            outcome=next(outcome),
        )
        if told.number in after
        else PASSED_OVER
        for told in asked
    ]


def of_nobody(orders: Sequence[ToldOrder], *, known: Container[str]) -> set[str]:
    """Numbers of those that were placed before whoever bought them was erased."""
    new = [told for told in orders if told.number not in known]
    over = of_the_erased([(told.person, told.state.placed_at) for told in new])
    return {told.number for told, is_over in zip(new, over, strict=True) if is_over}


def people_of(
    orders: Sequence[ToldOrder],
    before: dict[str, KeptOrder],
    *,
    source: EventRecord.Source,
    at: datetime,
) -> dict[str, int | None]:
    """Who bought each. Whoever has been erased is not looked for again."""
    erased = {number for number, kept in before.items() if kept.contact_id is None}
    asked = [told for told in orders if told.number not in erased]
    people = [
        replace(told.person, contact_id=before[told.number].contact_id)
        if told.number in before
        else told.person
        for told in asked
    ]
    found: dict[str, int | None] = dict.fromkeys(erased)
    contacts = recognise(people, source=source, at=at)
    for told, contact_id in zip(asked, contacts, strict=True):
        found.setdefault(told.number, contact_id)
    return found


def folded(
    orders: Iterable[ToldOrder], before: dict[str, KeptOrder]
) -> tuple[dict[str, KeptOrder], list[Outcome]]:
    """Each order with all that was told of it, and what each telling changed."""
    after: dict[str, KeptOrder] = {}
    outcomes = []
    for told in orders:
        was = after.get(told.number) or before.get(told.number)
        if was is None:
            after[told.number] = KeptOrder(state=told.state, lines=told.lines)
            outcomes.append(Outcome.CREATED)
            continue
        state = settled(was.state, told.state)
        other_lines = state.lines_digest != was.state.lines_digest
        after[told.number] = KeptOrder(
            pk=was.pk, state=state, lines=told.lines if other_lines else was.lines
        )
        same = state == was.state
        outcomes.append(Outcome.UNCHANGED if same else Outcome.UPDATED)
    return after, outcomes


def news(
    was: State | None, kept: KeptOrder, *, source: EventRecord.Source
) -> Iterable[Event]:
    """The milestones that we did not know it had reached."""
    known = was.milestones if was else {}
    about: dict[str, Any] = {
        "source": source,
        "contact_id": kept.contact_id,
        "order_id": kept.pk,
    }
    state = kept.state
    for status, reached_at in state.milestones.items():
        if status in known:
            continue
        match status:
            case Status.PLACED:
                yield OrderPlaced(at=reached_at, amount=state.amount, **about)
            case Status.PAID:
                yield OrderPaid(at=reached_at, amount=state.amount, **about)
            case Status.SHIPPED:
                yield OrderShipped(at=reached_at, **about)
            case Status.RECEIVED:
                yield OrderReceived(at=reached_at, **about)
            case Status.REFUNDED:
                amount = state.refunded_amount
                yield OrderRefunded(at=reached_at, amount=amount, **about)
    if was and Status.REFUNDED in known and state.refunded_amount > was.refunded_amount:
        more = state.refunded_amount - was.refunded_amount
        at = state.refunded_at or state.changed_at
        yield OrderRefundedMore(at=at, amount=more, **about)

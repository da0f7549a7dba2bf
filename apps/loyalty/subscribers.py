"""What points listen for: orders, who is added, behaviour, merges."""

from collections.abc import Sequence

from apps.behaviour.events import BehaviourReported
from apps.common.clock import now
from apps.contacts.events import ContactsMerged, FollowStarted, MergeUndone
from apps.events.bus import subscribe
from apps.events.event import Event
from apps.loyalty import earning
from apps.loyalty.level import settle_levels
from apps.loyalty.models import EarningRule
from apps.orders.events import (
    OrderPaid,
    OrderRefunded,
    OrderRefundedMore,
    OrderTakenBack,
)

When = EarningRule.When


def of_a_rule(when: EarningRule.When) -> bool:
    return earning.open_rules().filter(when=when).exists()


def orders_earn(events: Sequence[Event]) -> list[bool]:
    return [of_a_rule(When.ORDER)] * len(events)


def orders_have_earned(events: Sequence[Event]) -> list[bool]:
    """Also when the rule has ended since: what was earned by it is taken back."""
    return [EarningRule.objects.filter(when=When.ORDER).exists()] * len(events)


def adding_earns(events: Sequence[Event]) -> list[bool]:
    return [of_a_rule(When.ADDED)] * len(events)


def behaviour_earns(events: Sequence[BehaviourReported]) -> list[bool]:
    rules = earning.open_rules().filter(when=When.BEHAVIOUR)
    names = set(rules.values_list("behaviour", flat=True))
    return [event.name in names for event in events]


@subscribe(OrderPaid, only=orders_earn)
def earn_by_an_order(event: OrderPaid) -> None:
    earning.order_changed(order_id=event.order_id, at=event.at)


@subscribe(OrderRefunded, only=orders_have_earned)
def take_back_what_a_refund_takes(event: OrderRefunded) -> None:
    earning.order_changed(order_id=event.order_id, at=event.at)


@subscribe(OrderRefundedMore, only=orders_have_earned)
def take_back_what_more_refund_takes(event: OrderRefundedMore) -> None:
    earning.order_changed(order_id=event.order_id, at=event.at)


@subscribe(OrderTakenBack, only=orders_have_earned)
def take_back_all_of_an_order(event: OrderTakenBack) -> None:
    earning.order_changed(order_id=event.order_id, at=event.at)


@subscribe(FollowStarted, only=adding_earns)
def earn_by_adding_us(event: FollowStarted) -> None:
    if event.contact_id is not None:
        earning.was_added(contact_id=event.contact_id, at=event.at)


@subscribe(BehaviourReported, only=behaviour_earns)
def earn_by_behaviour(event: BehaviourReported) -> None:
    earning.behaved(behaviour_id=event.behaviour_id)


@subscribe(ContactsMerged)
def settle_the_level_of_both(event: ContactsMerged) -> None:
    """The ledger of the two is one now; so is what it comes to."""
    if event.contact_id is not None:
        settle_levels([event.contact_id, event.other_id], at=now())


@subscribe(MergeUndone)
def settle_the_levels_again(event: MergeUndone) -> None:
    if event.contact_id is not None:
        settle_levels([event.contact_id, event.other_id], at=now())

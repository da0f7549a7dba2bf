"""Which rule earns how much: for orders, for adding an employee, for behaviour.

An order earns once it is paid, if that is after the rule was made; what is refunded is
taken back in proportion, however often and in whichever order it is told. On a higher
level somebody earns more. A rule is never changed: keep_rule() ends it and makes the
next.
"""

from datetime import datetime, time, timedelta

from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from apps.audit.note import note
from apps.behaviour.models import Behaviour
from apps.common.errors import Refused
from apps.loyalty.models import MOST, EarningRule, Membership, PointsEntry
from apps.loyalty.points import BadAmount, earn, take_back
from apps.orders.models import Order
from apps.staff.models import User

When = EarningRule.When
FEN = 100


class NoBehaviour(Refused):
    """Say which kind of behaviour, as the other system calls it."""

    code = "points_without_behaviour"


def open_rules() -> QuerySet[EarningRule]:
    return EarningRule.objects.filter(ended_at__isnull=True)


def order_changed(*, order_id: int, at: datetime) -> None:
    """It was paid, refunded or taken back: its points follow what it comes to."""
    first = PointsEntry.objects.filter(key=f"order:{order_id}").first()
    order = Order.objects.filter(pk=order_id).first()
    if first is None:
        first = paid(order)
    if first is None:
        return
    with transaction.atomic():
        locked = PointsEntry.objects.select_for_update(of=("self",)).get(pk=first.pk)
        changed = locked.changed.order_by()
        sums = changed.aggregate(points=Sum("points"), growth=Sum("growth"))
        points = locked.points + (sums["points"] or 0)
        growth = locked.growth + (sums["growth"] or 0)
        amount = order.amount if order else 1
        stays = order.amount - order.refunded_amount if order else 0
        less = points - share(locked.points, stays, amount)
        smaller = growth - share(locked.growth, stays, amount)
        if less > 0 or smaller > 0:
            take_back(
                earned=locked,
                points=max(less, 0),
                growth=max(smaller, 0),
                key=f"order:{order_id}:{changed.count() + 1}",
                at=at,
            )


def share(whole: int, part: int, of: int) -> int:
    return whole * max(part, 0) // of if of else whole


def paid(order: Order | None) -> PointsEntry | None:
    rule = open_rules().filter(when=When.ORDER).first()
    if order is None or rule is None or order.contact_id is None:
        return None
    if order.paid_at is None or order.paid_at < rule.made_at:
        return None
    yuan = order.amount // FEN
    return by_rule(
        rule,
        contact_id=order.contact_id,
        points=yuan * rule.points,
        growth=yuan * rule.growth,
        key=f"order:{order.pk}",
        at=order.paid_at,
    )


def was_added(*, contact_id: int, at: datetime) -> PointsEntry | None:
    """The first time; whoever leaves and comes again is no new member."""
    rule = open_rules().filter(when=When.ADDED).first()
    if rule is None:
        return None
    key = f"added:{contact_id}"
    points, growth = rule.points, rule.growth
    return by_rule(
        rule, contact_id=contact_id, points=points, growth=growth, key=key, at=at
    )


def behaved(*, behaviour_id: int) -> PointsEntry | None:
    told = Behaviour.objects.filter(pk=behaviour_id).first()
    if told is None or told.contact_id is None:
        return None
    rule = open_rules().filter(when=When.BEHAVIOUR, behaviour=told.kind).first()
    if rule is None or told.at < rule.made_at:
        return None
    return by_rule(
        rule,
        contact_id=told.contact_id,
        points=rule.points,
        growth=rule.growth,
        key=f"behaviour:{told.pk}",
        at=told.at,
    )


def by_rule(
    rule: EarningRule,
    *,
    contact_id: int,
    points: int,
    growth: int,
    key: str,
    at: datetime,
) -> PointsEntry | None:
    """With what the level adds, up to what the rule gives in a day."""
    known = PointsEntry.objects.filter(key=key).first()
    if known is not None:
        return known
    points = points * percent_of(contact_id) // 100
    if rule.a_day is not None:
        points = min(points, max(rule.a_day - earned_on_day(rule, contact_id, at), 0))
    points, growth = min(points, MOST), min(growth, MOST)
    if not points and not growth:
        return None
    return earn(
        contact_id=contact_id,
        points=points,
        growth=growth,
        key=key,
        at=at,
        rule_id=rule.pk,
    )


def percent_of(contact_id: int) -> int:
    rows = Membership.objects.filter(contact=contact_id, level__isnull=False)
    return rows.values_list("level__percent", flat=True).first() or 100


def earned_on_day(rule: EarningRule, contact_id: int, at: datetime) -> int:
    day = timezone.localdate(at)
    begins = timezone.make_aware(datetime.combine(day, time.min))
    rows = PointsEntry.objects.filter(
        contact=contact_id,
        rule__when=rule.when,
        rule__behaviour=rule.behaviour,
        kind=PointsEntry.Kind.EARNED,
        at__gte=begins,
        at__lt=begins + timedelta(days=1),
    )
    return rows.order_by().aggregate(all=Sum("points"))["all"] or 0


# --- to keep the rules ----------------------------------------------------------------


@transaction.atomic
def keep_rule(
    *,
    when: str,
    behaviour: str,
    points: int | None,
    growth: int | None,
    a_day: int | None,
    by: User,
    at: datetime,
) -> EarningRule:
    """From now on; what was earned by the rule before stays."""
    behaviour = behaviour.strip()[:64] if when == When.BEHAVIOUR else ""
    if when == When.BEHAVIOUR and not behaviour:
        raise NoBehaviour
    if points is None or growth is None or when not in When.values:
        raise BadAmount
    if not (points <= MOST and growth <= MOST and (points or growth)):
        raise BadAmount
    before = end(when=when, behaviour=behaviour, at=at)
    rule = EarningRule.objects.create(
        when=when,
        behaviour=behaviour,
        points=points,
        growth=growth,
        a_day=a_day,
        made_at=at,
        made_by=by,
    )
    after = {"points": points, "growth": growth, "a_day": a_day}
    note(
        deed="changed" if before else "added",
        by=by,
        at=at,
        about=rule,
        before=words_of(before) if before else {},
        after=after,
    )
    return rule


@transaction.atomic
def end_rule(*, rule: EarningRule, by: User, at: datetime) -> None:
    if end(when=rule.when, behaviour=rule.behaviour, at=at):
        note(deed="ended", by=by, at=at, about=rule, before=words_of(rule))


def end(*, when: str, behaviour: str, at: datetime) -> EarningRule | None:
    rows = open_rules().select_for_update().filter(when=when, behaviour=behaviour)
    rule = rows.first()
    if rule is not None:
        rule.ended_at = at
        rule.save(update_fields=["ended_at"])
    return rule


def words_of(rule: EarningRule) -> dict[str, int | None]:
    return {"points": rule.points, "growth": rule.growth, "a_day": rule.a_day}

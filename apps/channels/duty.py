"""Who is on duty at a moment, and until when: the plan's slots on the corp's clock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from apps.channels.plan import DAY, Plan, Slot, Verify

AHEAD = timedelta(hours=1)  # a code is looked at that often, whatever its plan


@dataclass(frozen=True)
class Piece:
    """Some minutes of one day, `until` not included."""

    start: int
    until: int
    slot: Slot

    def holds(self, minute: int) -> bool:
        return self.start <= minute < self.until


def pieces_of(plan: Plan, day: date) -> list[Piece]:
    """What is planned for a day. A special date takes the place of its weekday; what a
    special slot has left after midnight stands on the next day, whichever it is. What
    its weekday would have had left there does not: it never began."""
    found = [
        Piece(start, until, slot)
        for slot in plan.specials
        if not slot.is_closed
        for later, start, until in slot.pieces
        if slot.covers(day - timedelta(days=later))
    ]
    if any(slot.covers(day) for slot in plan.specials):
        return found
    if not plan.week:
        return [*found, Piece(0, DAY, Slot(start=0, until=DAY))]
    return found + [
        Piece(start, until, slot)
        for slot in plan.week
        for later, start, until in slot.pieces
        if begins_on(slot, day - timedelta(days=later), plan)
    ]


def begins_on(slot: Slot, day: date, plan: Plan) -> bool:
    if any(special.covers(day) for special in plan.specials):
        return False
    return day.isoweekday() in slot.days


def local(at: datetime) -> datetime:
    """On the corp's clock."""
    return timezone.localtime(at, timezone.get_default_timezone())


def minute_of(at: datetime) -> int:
    here = local(at)
    return here.hour * 60 + here.minute


def slots_at(plan: Plan, at: datetime) -> list[Slot]:
    minute = minute_of(at)
    day = local(at).date()
    return [piece.slot for piece in pieces_of(plan, day) if piece.holds(minute)]


def is_on_duty(slots: list[Slot], employee: int) -> bool:
    return any(not slot.people or employee in slot.people for slot in slots)


def skips_verification(plan: Plan, at: datetime) -> bool:
    if plan.verify != Verify.WINDOW:
        return plan.verify == Verify.SKIP
    minute, start, until = minute_of(at), plan.skip_from, plan.skip_until
    if start < until:
        return start <= minute < until
    return minute >= start or minute < until


def boundaries(plan: Plan, day: date) -> Iterator[int]:
    """The minutes of a day at which something changes; midnight always is one."""
    yield 0
    for piece in pieces_of(plan, day):
        yield piece.start
        yield piece.until % DAY
    if plan.verify == Verify.WINDOW:
        yield plan.skip_from
        yield plan.skip_until


def next_boundary(plan: Plan, at: datetime) -> datetime:
    """The first of them after a moment, and never later than in an hour: colleagues
    come and go as well."""
    here = local(at)
    for ahead in (0, 1):
        day = here.date() + timedelta(days=ahead)
        for minute in sorted(set(boundaries(plan, day))):
            clock = time(minute // 60, minute % 60, tzinfo=here.tzinfo)
            moment = datetime.combine(day, clock)
            if moment > here:
                return min(moment, here + AHEAD)
    return here + AHEAD

"""When the company works: so many working minutes from now, and is it working now?

Spans of a day are half open, in the corp's zone. A day off has none; a working day out
of turn (a Sunday worked for a holiday) has Monday's. A company that says no hours at
all works always.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.audit.note import note
from apps.common.errors import Refused
from apps.followups.models import WorkSetting
from apps.staff.models import User

type Span = tuple[time, time]

FAR = 400  # days that are looked ahead
MOST_DAYS = 100
MOST_REASONS = 20
LONGEST_REASON = 20
KEPT = (
    *("hours", "days_off", "days_on", "opens_leads", "silent_after"),
    *("remind_before", "manager_after", "message_every", "lost_reasons"),
)
LIMITS = {
    "silent_after": (1, 365),
    "remind_before": (0, 1_440),
    "manager_after": (0, 10_000),
    "message_every": (5, 1_440),
}


class BadHours(Refused):
    """Working hours are spans such as 09:00-12:00, one after the other."""

    code = "bad_working_hours"


class BadDays(Refused):
    """Days are written like 2026-10-01, at most 100 of them."""

    code = "bad_working_days"


class BadNumber(Refused):
    """This number is too small or too large."""

    code = "bad_work_number"


class BadReason(Refused):
    """At most 20 reasons, each of at most 20 letters."""

    code = "bad_lost_reason"


@dataclass(frozen=True, kw_only=True)
class WorkingTime:
    """`weekly` by day of the week, Monday 0."""

    weekly: Mapping[int, Sequence[Span]]
    days_off: frozenset[date] = frozenset()
    days_on: frozenset[date] = frozenset()

    def spans(self, day: date) -> Sequence[Span]:
        if day in self.days_on:
            return self.weekly.get(0) or self.weekly.get(day.weekday(), ())
        if day in self.days_off:
            return ()
        return self.weekly.get(day.weekday(), ())

    @property
    def is_always(self) -> bool:
        return not any(self.weekly.values())

    def stretches(self, since: datetime) -> Iterator[tuple[datetime, datetime]]:
        """From then on, each stretch of work that is not over."""
        first = timezone.localtime(since)
        for number in range(FAR):
            day = first.date() + timedelta(days=number)
            for begin, end in self.spans(day):
                starts, ends = at_time(day, begin), at_time(day, end)
                if ends > since:
                    yield max(starts, since), ends

    def after(self, start: datetime, *, minutes: int) -> datetime:
        """So many working minutes later."""
        left = timedelta(minutes=minutes)
        if self.is_always:
            return start + left
        for begins, ends in self.stretches(start):
            if ends - begins >= left:
                return begins + left
            left -= ends - begins
        return start + timedelta(days=FAR)

    def is_on(self, at: datetime) -> bool:
        if self.is_always:
            return True
        begins = next((begins for begins, _ends in self.stretches(at)), None)
        return begins == at


def at_time(day: date, moment: time) -> datetime:
    """24:00 is the midnight after; it is kept as the last moment of the day."""
    zone = timezone.get_current_timezone()
    if moment == time.max:
        return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone)
    return datetime.combine(day, moment, tzinfo=zone)


# --- as it is kept --------------------------------------------------------------------


def setting() -> WorkSetting:
    """As somebody has set it, or as it is at first."""
    return WorkSetting.objects.first() or WorkSetting(pk=1)


def working_time(kept: WorkSetting | None = None) -> WorkingTime:
    kept = kept or setting()
    return WorkingTime(
        weekly={int(day): spans_in(spans) for day, spans in kept.hours.items()},
        days_off=frozenset(kept.days_off),
        days_on=frozenset(kept.days_on),
    )


@transaction.atomic
def keep_setting(*, by: User, at: datetime, **wanted: Any) -> WorkSetting:
    """`wanted`: any of KEPT. First contacts that are due already stay as they are."""
    before = WorkSetting.objects.select_for_update().first()
    was = told_of(before) if before else {}
    kept = before or WorkSetting(pk=1)
    for name, value in wanted.items():
        setattr(kept, name, CHECKED.get(name, in_limits(name))(value))
    kept.changed_at = at
    kept.save()
    after = told_of(kept)
    changed = [name for name in KEPT if was.get(name) != after[name]]
    if changed:
        note(
            deed="changed" if before else "added",
            by=by,
            at=at,
            about=kept,
            before={name: was[name] for name in changed if name in was},
            after={name: after[name] for name in changed},
        )
    return kept


def told_of(kept: WorkSetting) -> dict[str, Any]:
    told = {name: getattr(kept, name) for name in KEPT}
    days = ("days_off", "days_on")
    return told | {name: [f"{day}" for day in told[name]] for name in days}


def in_limits(name: str) -> Any:
    def check(value: Any) -> int:
        low, high = LIMITS[name]
        if not isinstance(value, int) or not low <= value <= high:
            raise BadNumber(detail=f"{low}–{high}")
        return value

    return check


def good_hours(told: Mapping[str, Sequence[Sequence[str]]]) -> dict[str, Any]:
    found = {}
    for weekday in range(7):
        spans = spans_in(told.get(str(weekday), ()))
        found[str(weekday)] = [[clock(begin), clock(end)] for begin, end in spans]
    return found


def spans_in(told: Sequence[Sequence[str]]) -> list[Span]:
    """Each ends after it begins, and begins after the one before has ended."""
    found: list[Span] = []
    for each in told:
        if len(each) != 2:
            raise BadHours
        begin, end = time_in(each[0]), time_in(each[1])
        if begin >= end or (found and begin < found[-1][1]):
            raise BadHours
        found.append((begin, end))
    return found


def time_in(text: str) -> time:
    if text == "24:00":
        return time.max
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise BadHours from None


def clock(moment: time) -> str:
    return "24:00" if moment == time.max else f"{moment:%H:%M}"


def good_days(told: Sequence[date]) -> list[date]:
    days = sorted(set(told))
    if len(days) > MOST_DAYS:
        raise BadDays
    return days


def good_reasons(told: Sequence[str]) -> list[str]:
    tidy = [" ".join(each.replace("\0", "").split()) for each in told]
    reasons = list(dict.fromkeys(each for each in tidy if each))
    if len(reasons) > MOST_REASONS or any(len(r) > LONGEST_REASON for r in reasons):
        raise BadReason
    return reasons


CHECKED: dict[str, Any] = {
    "hours": good_hours,
    "days_off": good_days,
    "days_on": good_days,
    "lost_reasons": good_reasons,
    "opens_leads": bool,
}

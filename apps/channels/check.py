"""Is a plan fit to be published? Who covers each minute of the week, and what is wrong.

Every minute must have somebody or a backup. Overlapping slots of the same person, caps
below what was given today, people who may not have customers: each is told at its
field. Those without the right are named, and the code is made with the rest.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import combinations
from typing import Any

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext

from apps.channels.choose import (
    ACTIVE,
    NOTHING,
    UNREAD,
    Colleague,
    Count,
)
from apps.channels.duty import boundaries, pieces_of
from apps.channels.kinds import kind_of
from apps.channels.models import Channel
from apps.channels.plan import DAY, Person, Plan, Rotation, Slot
from apps.channels.stand import colleagues_of, counts_of, people_of
from apps.channels.welcome import wrong_welcome
from apps.common.problems import Problem, by_field
from apps.tags.models import Tag

MONDAY = date(2024, 1, 1)  # any week will do
MOST_DATES = 31
NAMED = 5  # of those who cover some hours
PLACEHOLDERS = ("{nickname}", "{channel}", "{date}")


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Some hours of a day that the same people cover."""

    start: int
    until: int
    people: tuple[str, ...]
    by_backups: bool = False

    @property
    def kind(self) -> str:
        if self.by_backups:
            return "backup"
        return "on" if self.people else "nobody"

    @property
    def width(self) -> int:
        return self.until - self.start

    @property
    def hours(self) -> str:
        return f"{clock(self.start)}–{clock(self.until)}"

    @property
    def names(self) -> str:
        more = f" +{len(self.people) - NAMED}" if len(self.people) > NAMED else ""
        return "、".join(self.people[:NAMED]) + more


@dataclass(frozen=True, kw_only=True)
class GridDay:
    title: str
    stretches: list[Stretch]


@dataclass(kw_only=True)
class Check:
    """Problems forbid publishing, notices do not."""

    week: list[GridDay] = field(default_factory=list)
    dates: list[GridDay] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)

    @property
    def by_field(self) -> dict[str, str]:
        return by_field(self.problems)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def check(plan: Plan, *, channel: Channel | None = None, at: datetime) -> Check:
    people = people_of(plan)
    colleagues = colleagues_of(people)
    counts: Mapping[int, Count] = {}
    if channel is not None and channel.pk:
        counts = counts_of(channel, plan, people, at=at)
    barred = {int(number) for number in channel.barred} if channel else set()
    found = Check()
    able = able_of(people, colleagues, barred, found)
    ordinary = replace(plan, slots=plan.week)
    found.week = [
        grid_day(ordinary, MONDAY + timedelta(days=ahead), able, colleagues, name)
        for ahead, name in enumerate(map(str, WEEKDAYS.values()))
    ]
    found.dates = [
        grid_day(plan, day, able, colleagues, f"{day:%Y-%m-%d}")
        for day in special_days(plan)
    ]
    found.problems += uncovered(found.week, "slots")
    found.problems += uncovered(found.dates, "dates")
    found.problems += overlaps(plan, colleagues)
    found.problems += too_low(plan, people, colleagues, counts)
    most = kind_of(channel or Channel()).most_people
    found.problems += other_problems(plan, found, most=most)
    return found


def able_of(
    people: list[Person],
    colleagues: Mapping[int, Colleague],
    barred: set[int],
    found: Check,
) -> list[Person]:
    """Those who can be given anybody; the others are named."""
    able, without, away, paused = [], [], [], []
    for person in people:
        colleague = colleagues.get(person.employee)
        if colleague is None:
            continue
        if colleague.has_left or colleague.status not in (ACTIVE, UNREAD):
            away.append(colleague.name)
        elif not colleague.serves or person.employee in barred:
            without.append(colleague.name)
        elif person.is_off:
            paused.append(colleague.name)
        else:
            able.append(person)
    for names, words in (
        (without, gettext("Without the permission to serve customers in WeCom: %s.")),
        (away, gettext("Left or not active: %s.")),
        (paused, gettext("Paused: %s.")),
    ):
        if names:
            more = gettext("The code is made with the others.")
            why = f"{words % '、'.join(names[:20])} {more}"
            found.notices.append(Problem("people", why))
    if not able:
        found.problems.append(
            Problem("people", gettext("Nobody on this code can be given customers."))
        )
    return able


def special_days(plan: Plan) -> list[date]:
    """With the days after them, where nights of the week would have gone on."""
    days: set[date] = set()
    nights = any(later for slot in plan.week for later, *_hours in slot.pieces)
    for slot in plan.specials:
        first, last = slot.first, slot.last or slot.first
        assert first is not None and last is not None
        many = min((last - first).days + 1 + nights, MOST_DATES)
        days |= {first + timedelta(days=ahead) for ahead in range(many)}
    return sorted(days)[:MOST_DATES]


def grid_day(
    plan: Plan,
    day: date,
    able: list[Person],
    colleagues: Mapping[int, Colleague],
    title: str,
) -> GridDay:
    pieces = pieces_of(plan, day)
    marks = sorted({*boundaries(plan, day), DAY})
    stretches: list[Stretch] = []
    for start, until in zip(marks, marks[1:], strict=False):
        slots = [piece.slot for piece in pieces if piece.holds(start)]
        on = on_duty(able, slots)
        names = tuple(
            colleagues[p.employee].name for p in on or able if on or p.is_backup
        )
        next_one = Stretch(
            start=start, until=until, people=names, by_backups=not on and bool(names)
        )
        last = stretches[-1] if stretches else None
        if last and (last.people, last.kind) == (next_one.people, next_one.kind):
            stretches[-1] = replace(last, until=until)
        else:
            stretches.append(next_one)
    return GridDay(title=title, stretches=stretches)


def on_duty(able: Iterable[Person], slots: list[Slot]) -> list[Person]:
    return [
        person
        for person in able
        if not person.is_backup
        and any(not slot.people or person.employee in slot.people for slot in slots)
    ]


def uncovered(days: Iterable[GridDay], field: str) -> Iterator[Problem]:
    gaps = [
        f"{day.title} {stretch.hours}"
        for day in days
        for stretch in day.stretches
        if stretch.kind == "nobody"
    ]
    if gaps:
        yield Problem(
            field,
            gettext("Nobody covers %s. Add a slot or a backup.") % "、".join(gaps[:14]),
        )


def overlaps(plan: Plan, colleagues: Mapping[int, Colleague]) -> Iterator[Problem]:
    """Two slots of the same hours with the same people: one of them is a mistake."""
    ordinary = replace(plan, slots=plan.week)
    days = [(ordinary, MONDAY + timedelta(days=ahead), "slots") for ahead in range(7)]
    days += [(plan, day, "dates") for day in special_days(plan)]
    told: set[tuple[str, str]] = set()
    for planned, day, where in days:
        pieces = (
            [] if not (planned.week or planned.specials) else pieces_of(planned, day)
        )
        for one, other in combinations(pieces, 2):
            start, until = max(one.start, other.start), min(one.until, other.until)
            if start >= until or not shared(one.slot, other.slot):
                continue
            title = (
                str(WEEKDAYS[day.weekday()]) if where == "slots" else f"{day:%Y-%m-%d}"
            )
            names = [
                colleagues[number].name
                for number in sorted(one.slot.people & other.slot.people)
                if number in colleagues
            ]
            who = "、".join(names[:NAMED]) or gettext("everybody")
            why = gettext("Two slots overlap on %(day)s, %(hours)s: %(who)s.") % {
                "day": title,
                "hours": f"{clock(start)}–{clock(until)}",
                "who": who,
            }
            if (where, why) not in told:
                told.add((where, why))
                yield Problem(where, why)


def shared(one: Slot, other: Slot) -> bool:
    return not one.people or not other.people or bool(one.people & other.people)


def too_low(
    plan: Plan,
    people: Iterable[Person],
    colleagues: Mapping[int, Colleague],
    counts: Mapping[int, Count],
) -> Iterator[Problem]:
    """A cap below what was given already was reached before it was set."""
    today = sum(count.today for count in counts.values())
    given = sum(count.given for count in counts.values())
    words: dict[str, Any] = {
        "daily_cap": gettext("%(many)s came today already; the cap cannot be lower."),
        "total_cap": gettext("%(many)s have come already; the cap cannot be lower."),
    }
    for name, cap, many in (
        ("daily_cap", plan.daily_cap, today),
        ("total_cap", plan.total_cap, given),
    ):
        if cap is not None and cap < many:
            yield Problem(name, words[name] % {"many": many})
    for person in people:
        count = counts.get(person.employee, NOTHING)
        daily = person.daily_cap or plan.each_daily_cap
        for name, cap, many in (
            ("daily_cap", daily, count.today),
            ("total_cap", person.total_cap, count.given),
        ):
            if cap is not None and cap < many and person.employee in colleagues:
                who = colleagues[person.employee].name
                yield Problem("people", f"{who}：{words[name] % {'many': many}}")


def other_problems(plan: Plan, found: Check, *, most: int) -> Iterator[Problem]:
    many = max(
        (len(s.people) for day in found.week + found.dates for s in day.stretches),
        default=0,
    )
    if plan.rotation == Rotation.RANDOM and many > most:
        words = gettext("WeCom takes at most %(most)s people here; these are %(many)s.")
        yield Problem("people", words % {"most": most, "many": many})
    standing = Tag.objects.filter(pk__in=plan.tags, deleted_at__isnull=True)
    if standing.count() < len(plan.tags):
        yield Problem("tags", gettext("One of these tags exists no longer."))
    rest = plan.remark
    for placeholder in PLACEHOLDERS:
        rest = rest.replace(placeholder, "")
    if "{" in rest or "}" in rest:
        words = gettext("A remark knows only %s.") % "、".join(PLACEHOLDERS)
        yield Problem("remark", words)
    yield from wrong_welcome(plan)
    capped = plan.daily_cap or plan.total_cap or plan.each_daily_cap
    capped = capped or any(p.daily_cap or p.total_cap for p in plan.people)
    if capped and not any(person.is_backup for person in plan.people):
        words = gettext(
            "When the caps are reached the last one stays on the code, as WeCom does "
            "not allow it to be empty: choose a backup."
        )
        found.notices.append(Problem("people", words))

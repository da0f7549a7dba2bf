"""Is a rule fit to be switched on? What is wrong, told at its field.

Hours that nobody covers are no mistake: who comes then goes to a backup or to the pool.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext

from apps.assignment.deal import Deals
from apps.assignment.models import AssignmentRule
from apps.assignment.table import table_at
from apps.channels.check import (
    MONDAY,
    GridDay,
    grid_day,
    overlaps,
    special_days,
)
from apps.channels.choose import ACTIVE, UNREAD, Colleague
from apps.channels.plan import Person, Plan
from apps.common.errors import Refused
from apps.common.problems import Problem
from apps.rules.compile import TooDear, found_by
from apps.rules.tree import NotUnderstood
from apps.rules.tree import read as read_rule

NAMED = 20


@dataclass(kw_only=True)
class Check:
    """Problems forbid switching it on, notices do not."""

    week: list[GridDay] = field(default_factory=list)
    dates: list[GridDay] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)


def check(rule: AssignmentRule, *, at: datetime) -> Check:
    """Raises NotAPlan for a plan without sense."""
    table, _broken = table_at(at, rules=[rule])
    if not table.rules:
        return Check()
    [deals] = table.rules
    found = Check()
    plan, colleagues = deals.plan, deals.colleagues
    able = able_of(deals, found)
    ordinary = replace(plan, slots=plan.week)
    found.week = [
        grid_day(ordinary, MONDAY + timedelta(days=ahead), able, colleagues, name)
        for ahead, name in enumerate(map(str, WEEKDAYS.values()))
    ]
    found.dates = [
        grid_day(plan, day, able, colleagues, f"{day:%Y-%m-%d}")
        for day in special_days(plan)
    ]
    found.problems += overlaps(plan, colleagues)
    found.problems += too_low(deals, table.hands)
    found.notices += whom_it_means(rule, at=at)
    return found


def able_of(deals: Deals, found: Check) -> list[Person]:
    able, without, away, paused = [], [], [], []
    for person in deals.people:
        colleague = deals.colleagues.get(person.employee)
        if colleague is None:
            continue
        if is_away(colleague):
            away.append(colleague.name)
        elif not colleague.serves:
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
            found.notices.append(Problem("people", words % "、".join(names[:NAMED])))
    if not able:
        why = gettext("The rule gives contacts to nobody: choose who is given them.")
        found.problems.append(Problem("people", why))
    return able


def is_away(colleague: Colleague) -> bool:
    return colleague.has_left or colleague.status not in (ACTIVE, UNREAD)


def too_low(deals: Deals, hands: Mapping[int, object]) -> Iterator[Problem]:
    """A cap below what was given today already, or is in hand."""
    plan: Plan = deals.plan
    counts = deals.counts(hands)  # type: ignore[arg-type]
    today = sum(count.today for count in counts.values())
    words = gettext("%(many)s were given today already; the cap cannot be lower.")
    in_hand = gettext("%(many)s are in hand already; the cap cannot be lower.")
    if plan.daily_cap is not None and plan.daily_cap < today:
        yield Problem("daily_cap", words % {"many": today})
    for person in deals.people:
        if person.employee not in deals.colleagues:
            continue
        who = deals.colleagues[person.employee].name
        count = counts[person.employee]
        daily = person.daily_cap or plan.each_daily_cap
        if daily is not None and daily < count.today:
            yield Problem("people", f"{who}：{words % {'many': count.today}}")
        if person.total_cap is not None and person.total_cap < count.given:
            yield Problem("people", f"{who}：{in_hand % {'many': count.given}}")


def whom_it_means(rule: AssignmentRule, *, at: datetime) -> Iterator[Problem]:
    """Conditions that describe nobody yet may be meant; whoever wrote them is told."""
    if not rule.rule:
        return
    try:
        many = found_by(read_rule(rule.rule), at=at).many
    except (NotUnderstood, TooDear, Refused):
        return
    if not many:
        why = gettext("These conditions describe nobody today: is that meant?")
        yield Problem("rule", why)

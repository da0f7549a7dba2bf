"""Which welcome a new friend gets, and why.

In this order: the one that the channel code names; the one of the employee; of the
nearest department above them; the one for everybody else. What is switched off is
passed over. A code may also say that nobody is greeted. Within a welcome a special date
goes before hours of the week, and both before its ordinary text (see content.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from apps.staff.models import Department, Posting
from apps.welcomes.content import Content, Message, NotAWelcome, Part, read
from apps.welcomes.doors import NONE, Door
from apps.welcomes.models import Greeter, Greeting, Welcome

By = Greeting.By


class Verdict(StrEnum):
    """What one rule had to say."""

    CHOSEN = "chosen"
    NOTHING = "nothing"  # it names none
    OFF = "off"  # what it names is switched off, or gone
    NOBODY = "nobody"  # the code greets nobody
    UNASKED = "unasked"


@dataclass(frozen=True, kw_only=True)
class Step:
    by: By
    verdict: Verdict
    welcome: Welcome | None = None
    about: str = ""  # the code, or the department


@dataclass(kw_only=True)
class Choice:
    """The welcome, which of its messages, and every rule that was asked."""

    welcome: Welcome | None = None
    by: By = By.NOBODY
    message: Message | None = None
    part: Part | None = None
    greets_nobody: bool = False
    steps: list[Step] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Rules:
    """All that is asked of one employee; departments nearest first."""

    of_employee: Welcome | None
    of_departments: tuple[tuple[str, Welcome], ...]
    for_all: Welcome | None


def choose(
    *, employee_id: int, door: Door | None, at: datetime, rules: Rules | None = None
) -> Choice:
    rules = rules or rules_of(employee_id)
    choice = Choice()
    asked = [
        of_the_door(door),
        of_one(By.EMPLOYEE, rules.of_employee),
        of_the_departments(rules.of_departments),
        of_one(By.DEFAULT, rules.for_all),
    ]
    is_over = False
    for step in asked:
        if is_over:
            step = Step(by=step.by, verdict=Verdict.UNASKED, about=step.about)
        choice.steps.append(step)
        if step.verdict == Verdict.NOBODY:
            choice.greets_nobody = is_over = True
        elif step.verdict == Verdict.CHOSEN:
            choice.welcome, choice.by, is_over = step.welcome, step.by, True
    if choice.welcome is not None:
        try:
            content: Content = read(choice.welcome.told)
        except NotAWelcome:  # what it needed was taken away
            choice.welcome = None
        else:
            choice.message, choice.part = content.at(at)
    return choice


def of_the_door(door: Door | None) -> Step:
    if door is None or door.welcome is None:
        about = door.name if door else ""
        return Step(by=By.DOOR, verdict=Verdict.NOTHING, about=about)
    if door.welcome == NONE:
        return Step(by=By.DOOR, verdict=Verdict.NOBODY, about=door.name)
    welcome = Welcome.objects.filter(pk=door.welcome).first()
    return of_one(By.DOOR, welcome, about=door.name, is_named=True)


def of_one(
    by: By, welcome: Welcome | None, *, about: str = "", is_named: bool = False
) -> Step:
    if welcome is not None and welcome.is_on:
        return Step(by=by, verdict=Verdict.CHOSEN, welcome=welcome, about=about)
    is_off = is_named or welcome is not None
    verdict = Verdict.OFF if is_off else Verdict.NOTHING
    return Step(by=by, verdict=verdict, welcome=welcome, about=about)


def of_the_departments(found: Iterable[tuple[str, Welcome]]) -> Step:
    """Nearest first; one that is switched off is passed over."""
    off = Step(by=By.DEPARTMENT, verdict=Verdict.NOTHING)
    for name, welcome in found:
        step = of_one(By.DEPARTMENT, welcome, about=name)
        if step.verdict == Verdict.CHOSEN:
            return step
        off = step
    return off


# --- the rules of one --------------------------------------------------------------


def rules_of(employee_id: int) -> Rules:
    """Few questions: it is asked for each new friend."""
    greeters = Greeter.objects.select_related("welcome")
    mine = greeters.filter(employee=employee_id).first()
    of_departments: tuple[tuple[str, Welcome], ...] = ()
    by_department = {
        g.department_id: g.welcome for g in greeters.filter(employee__isnull=True)
    }
    if by_department:
        postings = Posting.objects.filter(employee=employee_id)
        mine_in = list(postings.values_list("department", flat=True))
        of_departments = nearest_first(mine_in, parents(), by_department)
    return Rules(
        of_employee=mine.welcome if mine else None,
        of_departments=of_departments,
        for_all=Welcome.objects.filter(is_default=True).first(),
    )


def parents() -> dict[int, tuple[int | None, str]]:
    rows = Department.objects.filter(deleted_at__isnull=True)
    told = rows.values_list("pk", "parent_id", "name", "wecom_id")
    return {pk: (parent, name or f"#{no}") for pk, parent, name, no in told}


def nearest_first(
    postings: Iterable[int],
    above: Mapping[int, tuple[int | None, str]],
    welcomes: Mapping[int | None, Welcome],
) -> tuple[tuple[str, Welcome], ...]:
    """By how far up they are; of equally near ones the one with the lower number."""
    distance: dict[int, int] = {}
    for posting in postings:
        department: int | None = posting
        far = 0
        while department is not None and department in above and far < len(above):
            distance[department] = min(distance.get(department, far), far)
            department, far = above[department][0], far + 1
    return tuple(
        (above[number][1], welcomes[number])
        for number in sorted(distance, key=lambda n: (distance[n], n))
        if number in welcomes
    )

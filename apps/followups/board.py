"""The kanban: a column for each stage with how many leads stand in it and what they may
bring; cards are read a column at a time.

What ends is shown for thirty days. All is read by indexes on the owner and the stage,
so that a million leads cost no more than a page of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from apps.common.filters import whole_number
from apps.followups.models import Lead, Stage, Task
from apps.followups.stages import stages
from apps.staff.models import Employee, User

CARDS = 20
ENDED = timedelta(days=30)  # for which what was won or lost stays on the board
PERCENT = 100


@dataclass(frozen=True, kw_only=True)
class Column:
    stage: Stage
    many: int
    amount: int

    @property
    def forecast(self) -> int:
        return self.amount * self.stage.probability // PERCENT


@dataclass(frozen=True, kw_only=True)
class Card:
    lead: Lead
    task: Task | None
    is_late: bool
    is_silent: bool


@dataclass(frozen=True, kw_only=True)
class Whose:
    """Whose leads the board shows: `value` stands in the address."""

    value: str
    leads: QuerySet
    employee: Employee | None = None


def whose(told: str, *, user: User) -> Whose:
    """One's own, those of everybody in reach, or those of a colleague in reach."""
    within = Lead.objects.owned_within(user)
    mine = user.employee_id
    number = whole_number(told)
    if number is not None and (user.reach is None or number in user.reach):
        employee = Employee.objects.filter(pk=number).first()
        if employee is not None:
            leads = within.filter(owner=employee)
            return Whose(value=str(number), leads=leads, employee=employee)
    if told != "all" and mine is not None:
        return Whose(value="mine", leads=within.filter(owner=mine))
    return Whose(value="all", leads=within)


def shown(leads: QuerySet, row: Sequence[Stage], *, at: datetime) -> QuerySet:
    """Those of these stages that stand on the board."""
    goes_on = [stage.pk for stage in row if not stage.ends]
    ends = [stage.pk for stage in row if stage.ends]
    lately = Q(stage__in=ends, stage_since__gte=at - ENDED)
    return leads.filter(Q(stage__in=goes_on) | lately)


def columns(leads: QuerySet, *, at: datetime) -> list[Column]:
    row = stages()
    counted = (
        shown(leads, row, at=at)
        .order_by()
        .values("stage_id")
        .annotate(many=Count("pk"), total=Sum("amount"))
    )
    found = {each["stage_id"]: each for each in counted}
    nothing: dict[str, Any] = {"many": 0, "total": 0}
    return [
        Column(
            stage=stage,
            many=(of := found.get(stage.pk, nothing))["many"],
            amount=of["total"] or 0,
        )
        for stage in row
    ]


def cards(
    leads: QuerySet, stage: Stage, *, at: datetime, silent_after: int, behind: str = ""
) -> tuple[list[Card], str]:
    """A page of a column, who came last on top; and behind what the next goes on."""
    rows = shown(leads, [stage], at=at).select_related("contact", "owner")
    rows = rows.defer("contact__grams", "contact__spelling")
    if (place := place_in(behind)) is not None:
        moment, number = place
        rows = rows.filter(stage_since__lte=moment).exclude(
            stage_since=moment, pk__gte=number
        )
    page = list(rows.order_by("-stage_since", "-pk")[: CARDS + 1])
    more = len(page) > CARDS
    page = page[:CARDS]
    due: dict[int, Task] = {}
    open_tasks = Task.objects.open().filter(contact__in=[r.contact_id for r in page])
    for task in open_tasks.order_by("-due_at", "-pk"):
        due[task.contact_id] = task  # the earliest comes last
    silent_since = at - timedelta(days=silent_after)
    found = [
        Card(
            lead=lead,
            task=(task := due.get(lead.contact_id)),
            is_late=task is not None and task.due_at < at,
            is_silent=lead.is_open and lead.touched_at < silent_since,
        )
        for lead in page
    ]
    last = page[-1] if more else None
    return found, f"{last.stage_since.isoformat()} {last.pk}" if last else ""


def place_in(text: str) -> tuple[datetime, int] | None:
    moment, _space, number = text.partition(" ")
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        return None
    pk = whole_number(number)
    return (at, pk) if at.tzinfo is not None and pk is not None else None

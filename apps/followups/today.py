"""My work today: what is overdue, what is due, who is new, who waits for a first
contact, and who has not heard from us for long.

Each is one query by an index on the employee, counted no further than needed: a million
contacts cost no more than a thousand.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from apps.common.filters import midnight
from apps.followups.models import Lead, Task
from apps.followups.working_time import setting
from apps.staff.models import Employee, User

TOP = 8
MOST = 999  # counted; beyond it is "999+"


@dataclass(frozen=True, kw_only=True)
class Pile:
    """Some rows, and how many there are."""

    rows: Sequence[Task | Lead]
    many: int

    @property
    def more(self) -> int:
        return self.many - len(self.rows)


@dataclass(frozen=True, kw_only=True)
class Today:
    overdue: Pile
    due: Pile
    waiting: Pile
    silent: Pile
    silent_after: int
    working_on: int  # open leads of mine


def my_work(employee: Employee, *, user: User, at: datetime) -> Today:
    tomorrow = midnight(timezone.localdate(at) + timedelta(days=1))
    mine = Task.objects.visible_to(user).open().filter(employee=employee)
    mine = mine.select_related("contact").order_by("due_at", "pk")
    steps = mine.filter(kind=Task.Kind.STEP)
    first = mine.filter(kind=Task.Kind.CONTACT)
    leads = Lead.objects.owned_within(user).open().filter(owner=employee)
    after = setting().silent_after
    silent = leads.filter(touched_at__lt=at - timedelta(days=after))
    return Today(
        overdue=pile(mine.filter(due_at__lte=at)),
        due=pile(steps.filter(due_at__gt=at, due_at__lt=tomorrow)),
        waiting=pile(first.filter(due_at__gt=at)),
        silent=pile(
            silent.select_related("contact", "stage").order_by("touched_at", "pk")
        ),
        silent_after=after,
        working_on=counted(leads),
    )


def pile(rows: QuerySet) -> Pile:
    """Its first rows; counted only if there are more."""
    found = list(rows[: TOP + 1])
    many = len(found) if len(found) <= TOP else counted(rows)
    return Pile(rows=found[:TOP], many=many)


def counted(rows: QuerySet) -> int:
    plain = rows.select_related(None).order_by().values_list("pk", flat=True)
    return plain[: MOST + 1].count()

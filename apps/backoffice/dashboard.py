"""The front page: the team's day and whether we are in step, or my own day.

Pure questions, each one query by an index, that never look at the clock. Nothing is
counted beyond fourteen days, so that a million contacts cost no more than a thousand.
Everybody's numbers are those of the contacts whom they may see.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet, Value
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.backoffice.changes import CHANGES, EVENTS_OF, Period, began, seen_by
from apps.common.jobs import Job, every_kind_of_job
from apps.common.replica import from_the_replica
from apps.contacts.models import Follow
from apps.events.models import EventRecord
from apps.groups.models import GroupChat
from apps.staff.models import Employee, User

DAYS = 14
TOP = 8
NOTED = [kind for kinds in EVENTS_OF.values() for kind in kinds]
ENDS = (Follow.EndedBy.CONTACT, Follow.EndedBy.EMPLOYEE)


def today(at: datetime) -> date:
    return timezone.localtime(at).date()


# --- the team -------------------------------------------------------------------------


def trend(*, at: datetime, user: User) -> list[dict[str, Any]]:
    """The last fourteen days, today last: how many were added, left, were dropped."""
    period = Period.of_day(today(at), days=DAYS)
    starts = seen_by(user, began(period)).values(
        day=TruncDate("started_at"), by=Value("added")
    )
    ends = Follow.objects.filter(
        ended_at__gte=period.start, ended_at__lt=period.end, ended_by__in=ENDS
    )
    ends = seen_by(user, ends).values(day=TruncDate("ended_at"), by=F("ended_by"))
    counted = starts.annotate(many=Count("pk")).union(
        ends.annotate(many=Count("pk")), all=True
    )
    rows = from_the_replica(lambda where: list(counted.using(where)))
    many = Counter({(row["day"], row["by"]): row["many"] for row in rows})
    days = [today(at) - timedelta(days=back) for back in reversed(range(DAYS))]
    return [
        {
            "day": day,
            "added": many[day, "added"],
            "left": many[day, Follow.EndedBy.CONTACT],
            "dropped": many[day, Follow.EndedBy.EMPLOYEE],
        }
        for day in days
    ]


def noted(*, at: datetime, user: User) -> Counter[tuple[str, date]]:
    """Events of the kinds that the front page counts, yesterday's and today's."""
    period = Period.of_day(today(at), days=2)
    rows = EventRecord.objects.filter(
        kind__in=NOTED,
        at__gte=period.start,
        at__lt=period.end,
        contact__isnull=False,
    )
    days = seen_by(user, rows).order_by().values("kind", day=TruncDate("at"))
    counted = days.annotate(many=Count("pk"))
    found = from_the_replica(lambda where: list(counted.using(where)))
    return Counter({(row["kind"], row["day"]): row["many"] for row in found})


def figures(
    days: list[dict[str, Any]], events: Counter[tuple[str, date]]
) -> list[dict[str, Any]]:
    """The numbers of the day, each with yesterday's and the change it counts."""

    def many(name: str, number: int) -> int:
        day = days[number]
        if name in day:
            return day[name]
        return sum(events[kind, day["day"]] for kind in EVENTS_OF[name])

    return [
        {"change": change, "many": many(name, -1), "before": many(name, -2)}
        for name, change in CHANGES.items()
    ]


def busiest(*, at: datetime, user: User) -> list[dict[str, Any]]:
    """The employees with most new contacts today."""
    period = Period.of_day(today(at))
    added = Q(started_at__gte=period.start, started_at__lt=period.end, start_known=True)
    lost = Q(
        ended_at__gte=period.start,
        ended_at__lt=period.end,
        ended_by=Follow.EndedBy.CONTACT,
    )
    counted = (
        seen_by(user, Follow.objects.filter(added | lost))
        .values("employee_id", "employee__name", "employee__wecom_id")
        .annotate(added=Count("pk", filter=added), left=Count("pk", filter=lost))
        .order_by("-added", "-left", "employee_id")
    )
    return from_the_replica(lambda where: list(counted.using(where)[:TOP]))


# --- are we in step -------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Queue:
    """Jobs of one kind: how many wait in each lane, how many need a person."""

    model: type[Job]
    waiting: dict[str, int]
    failed: int
    unknown: int
    oldest_at: datetime | None
    overdue_since: datetime | None  # the oldest that a worker might have had by now


def queues(*, at: datetime) -> list[Queue]:
    """What waits and what needs a person, for every kind of job; one query."""
    status = (*Job.UNFINISHED, Job.Status.FAILED)
    kinds = every_kind_of_job()
    due = Q(status=Job.Status.WAITING, due_at__lte=at)
    parts = [
        kind.objects.filter(status__in=status)
        .order_by()
        .values("lane", "status", number=Value(number))
        .annotate(
            many=Count("pk"),
            oldest=Min("created_at"),
            overdue=Min("created_at", filter=due),
        )
        for number, kind in enumerate(kinds)
    ]
    rows = list(parts[0].union(*parts[1:], all=True))
    return [
        queue_of(kind, [row for row in rows if row["number"] == number])
        for number, kind in enumerate(kinds)
    ]


def queue_of(kind: type[Job], rows: list[dict[str, Any]]) -> Queue:
    unfinished = [row for row in rows if row["status"] in Job.UNFINISHED]
    waiting: dict[str, int] = defaultdict(int)
    for row in unfinished:
        waiting[row["lane"]] += row["many"]
    overdue = [row["overdue"] for row in unfinished if row["overdue"]]
    many = Counter[str]()
    for row in rows:
        many[row["status"]] += row["many"]
    return Queue(
        model=kind,
        waiting=dict(waiting),
        failed=many[Job.Status.FAILED],
        unknown=many[Job.Status.UNKNOWN],
        oldest_at=min((row["oldest"] for row in unfinished), default=None),
        overdue_since=min(overdue, default=None),
    )


# --- my own day -----------------------------------------------------------------------


def my_numbers(employee: Employee, *, at: datetime, user: User) -> dict[str, int]:
    """My new contacts today and in seven days, who left me, how many there are."""
    day, week = Period.of_day(today(at)), Period.of_day(today(at), days=7)

    def within(period: Period, moment: str) -> Q:
        return Q(
            **{f"{moment}__gte": period.start, f"{moment}__lt": period.end},
        )

    gone = Q(ended_by=Follow.EndedBy.CONTACT)
    known = Q(start_known=True)
    mine = seen_by(user, Follow.objects.filter(employee=employee))
    return mine.aggregate(
        added_today=Count("pk", filter=known & within(day, "started_at")),
        added_week=Count("pk", filter=known & within(week, "started_at")),
        left_week=Count("pk", filter=gone & within(week, "ended_at")),
        total=Count("pk", filter=Q(ended_at__isnull=True)),
    )


def my_newest(employee: Employee, *, at: datetime, user: User) -> QuerySet:
    week = Period.of_day(today(at), days=7)
    mine = seen_by(user, began(week).filter(employee=employee))
    mine = mine.select_related("identity__contact")
    return mine.order_by("-started_at", "-pk")[:TOP]


def my_leavers(employee: Employee, *, at: datetime, user: User) -> QuerySet:
    week = Period.of_day(today(at), days=7)
    return CHANGES["left"].list(week, user=user, employee=employee)[:TOP]


def my_groups(employee: Employee) -> QuerySet:
    groups = GroupChat.objects.filter(owner=employee, dismissed_at__isnull=True)
    return groups.order_by("-member_count", "pk")[:TOP]

"""How colleagues and departments do: new friends, campaigns, orders, errands.

new         friends whom they added in these days
lost        friends who left them in these days
joined, helped, bought: see figures.py, of all campaigns
done, late  errands that were due in these days
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q
from django.utils.translation import gettext

from apps.common.filters import midnight
from apps.contacts.models import Follow
from apps.errands.figures import figures
from apps.errands.models import Share
from apps.staff.models import Employee, User
from apps.staff.tree import read_tree

MOST = 500  # colleagues that are shown


@dataclass(frozen=True, kw_only=True)
class Line:
    """Of one colleague or department; amounts in fen."""

    name: str
    number: int | None = None
    new: int = 0
    lost: int = 0
    joined: int = 0
    helped: int = 0
    converted: int = 0
    amount: int = 0
    errands: int = 0
    done: int = 0
    late: int = 0


NUMBERS = ["new", "lost", "joined", "helped", "converted", "amount"]
NUMBERS += ["errands", "done", "late"]


def team(
    *, first: date, last: date, user: User, at: datetime
) -> tuple[list[Line], list[Line]]:
    """Colleagues in reach, the best first, and departments with all below them."""
    since, until = midnight(first), midnight(last + timedelta(days=1))
    people = Employee.objects.working()
    if user.reach is not None:
        people = people.filter(pk__in=sorted(user.reach))
    names = {each.pk: str(each) for each in people.order_by("sort_key", "pk")}
    found: dict[int, dict[str, int]] = {pk: {} for pk in names}
    for numbers in (
        friends(names, since=since, until=until),
        campaigns(names, since=since, until=until),
        errands(names, since=since, until=until, at=at),
    ):
        for pk, told in numbers.items():
            found[pk] |= told
    lines = [
        Line(name=names[pk], number=pk, **numbers) for pk, numbers in found.items()
    ]
    lines.sort(key=lambda line: (-line.amount, -line.new, line.name))
    return lines[:MOST], by_department(found)


def friends(
    people: Iterable[int], *, since: datetime, until: datetime
) -> dict[int, dict[str, int]]:
    rows = Follow.objects.filter(employee__in=list(people)).order_by()
    new = Q(started_at__gte=since, started_at__lt=until, start_known=True)
    lost = Q(ended_at__gte=since, ended_at__lt=until)
    lost &= Q(ended_by=Follow.EndedBy.CONTACT)
    sums = (
        rows.filter(new | lost)
        .values("employee")
        .annotate(new=Count("pk", filter=new), lost=Count("pk", filter=lost))
    )
    return {row["employee"]: {"new": row["new"], "lost": row["lost"]} for row in sums}


def campaigns(
    people: Iterable[int], *, since: datetime, until: datetime
) -> dict[int, dict[str, int]]:
    found = figures(people, since=since, until=until)
    return {pk: dict(vars(numbers)) for pk, numbers in found.items()}


def errands(
    people: Iterable[int], *, since: datetime, until: datetime, at: datetime
) -> dict[int, dict[str, int]]:
    due = Share.objects.filter(
        employee__in=list(people),
        errand__ended_at__isnull=True,
        errand__due_at__gte=since,
        errand__due_at__lt=until,
    )
    late = Q(done_at__gt=F("errand__due_at"))
    late |= Q(done_at__isnull=True, errand__due_at__lt=at)
    sums = (
        due.order_by()
        .values("employee")
        .annotate(
            errands=Count("pk"),
            done=Count("pk", filter=Q(done_at__isnull=False)),
            late=Count("pk", filter=late),
        )
    )
    return {
        row["employee"]: {name: row[name] for name in ("errands", "done", "late")}
        for row in sums
    }


def lines_of(found: Iterable[Line]) -> Iterator[list[str]]:
    yield [
        gettext("name"),
        gettext("new friends"),
        gettext("Left us"),
        gettext("took part"),
        gettext("helped"),
        gettext("bought"),
        gettext("amount, yuan"),
        gettext("errands"),
        gettext("done"),
        gettext("overdue"),
    ]
    for line in found:
        told = {name: str(getattr(line, name)) for name in NUMBERS}
        yield [line.name, *(told | {"amount": f"{line.amount / 100:.2f}"}).values()]


def by_department(found: dict[int, dict[str, int]]) -> list[Line]:
    lines = []
    for branch in read_tree().walk():
        mine = [found[pk] for pk in branch.people if pk in found]
        if not mine:
            continue
        sums: dict[str, Any] = {
            name: sum(numbers.get(name, 0) for numbers in mine) for name in NUMBERS
        }
        depth = len(branch.path) - 1
        lines.append(Line(name="　" * depth + str(branch.department), **sums))
    return lines

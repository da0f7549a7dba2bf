"""Who waits in a pool, and why each is there, as its page shows them.

Members see a name and where it came from, no more: nothing else of a contact is told
to whom it is not in reach of, until they have claimed them.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Count

from apps.assignment.models import Assignment, Pool
from apps.common.allowance import spend
from apps.common.clock import day_began
from apps.contacts.models import Contact
from apps.staff.models import Employee, User

SHOWN = 30
LATELY = timedelta(days=30)
How = Assignment.How

# Who looked after each of them last.
HAD = """
SELECT DISTINCT ON (contact_id) id, contact_id, employee_id
FROM assignment_assignment
WHERE contact_id = ANY(%s) AND employee_id IS NOT NULL
ORDER BY contact_id, since DESC, id DESC
"""

# In whose hands they were until then.
CAME_BACK = """
SELECT had.employee_id, back.how, count(*)
FROM assignment_assignment AS back
JOIN assignment_assignment AS had ON had.contact_id = back.contact_id
    AND had.until = back.since AND had.employee_id IS NOT NULL
WHERE back.pool_id = %(pool)s AND back.since >= %(since)s
    AND back.how IN ('return', 'reclaim')
GROUP BY 1, 2
"""


def page_of(pool: Pool, *, user: User, before: str, at: datetime) -> dict[str, Any]:
    """The latest first."""
    if has_seen_enough(pool, user=user, before=before, at=at):
        return {"lines": [], "older": "", "is_first": not before, "enough": True}
    waiting = Assignment.objects.open().filter(pool=pool)
    rows = waiting.select_related("contact").order_by("-since", "-pk")
    since, _comma, number = before.partition(",")
    last = moment_of(since)
    if last and number.isdecimal() and len(number) < 19:
        rows = rows.filter(since__lte=last).exclude(since=last, pk__gte=int(number))
    found = list(rows[: SHOWN + 1])
    shown = found[:SHOWN]
    numbers = [row.contact_id for row in shown]
    had = {
        row.contact_id: row.employee_id
        for row in Assignment.objects.raw(HAD, [numbers])
    }
    names = Employee.objects.in_bulk(set(had.values()))
    seen = set(
        Contact.objects.visible_to(user)
        .filter(pk__in=numbers)
        .values_list("pk", flat=True)
    )
    cooled = timedelta(days=pool.cool_down_days)
    lines = [
        {
            "row": row,
            "opens": row.contact_id in seen,
            "had": names.get(had.get(row.contact_id, 0)),
            "cools_until": row.since + cooled
            if had.get(row.contact_id) == (user.employee_id or -1)
            and row.since + cooled > at
            else None,
        }
        for row in shown
    ]
    older = ""
    if len(found) > SHOWN:
        last_row = shown[-1]
        older = f"{last_row.since.isoformat()},{last_row.pk}"
    return {"lines": lines, "older": older, "is_first": not before}


def moment_of(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def has_seen_enough(pool: Pool, *, user: User, before: str, at: datetime) -> bool:
    """Has the user looked through as many today as the pool allows? It is counted by
    pages, and a page that is opened again does not count again."""
    if pool.views_a_day is None or user.sees_everybody:
        return False
    mine = f"pool:{pool.pk}:{user.pk}"
    day: dict[str, Any] = {
        "at": at,
        "window": timedelta(days=1),
        "since": day_began(at),
    }
    if spend(f"{mine}:{before}"[:120], limit=1, **day).used > 1:
        return False
    return spend(mine, limit=-(-pool.views_a_day // SHOWN), **day).is_spent


def came_back(pool: Pool, *, at: datetime) -> list[dict[str, Any]]:
    """By colleague: how many they claimed in thirty days, gave back, and lost as they
    did not follow them up; who lost most comes first."""
    since = at - LATELY
    many: dict[int, Counter[str]] = {}
    with connection.cursor() as cursor:
        cursor.execute(CAME_BACK, {"pool": pool.pk, "since": since})
        for employee, how, count in cursor.fetchall():
            many.setdefault(employee, Counter())[how] = count
    people = Employee.objects.in_bulk(many)
    taken = Assignment.objects.filter(
        employee__in=many, how=How.CLAIM, since__gte=since
    ).order_by()
    for employee, count in taken.values_list("employee").annotate(Count("pk")):
        many[employee][How.CLAIM] = count
    lines: list[dict[str, Any]] = [
        {
            "employee": people[pk],
            "claimed": counts[How.CLAIM],
            "returned": counts[How.RETURN],
            "lost": counts[How.RECLAIM],
        }
        for pk, counts in many.items()
    ]
    return sorted(lines, key=lambda line: (-line["lost"], -line["returned"]))[:SHOWN]

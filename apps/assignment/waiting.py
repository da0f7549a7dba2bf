"""Who waits in a pool, and why each is there, as its page shows them.

Members see a name and where it came from, no more: nothing else of a contact is told
to whom it is not in reach of, until they have claimed them.
"""

from datetime import datetime, timedelta
from typing import Any

from apps.assignment.models import Assignment, Pool
from apps.contacts.models import Contact
from apps.staff.models import Employee, User

SHOWN = 30

# Who looked after each of them last.
HAD = """
SELECT DISTINCT ON (contact_id) id, contact_id, employee_id
FROM assignment_assignment
WHERE contact_id = ANY(%s) AND employee_id IS NOT NULL
ORDER BY contact_id, since DESC, id DESC
"""


def page_of(pool: Pool, *, user: User, before: str, at: datetime) -> dict[str, Any]:
    """The latest first."""
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

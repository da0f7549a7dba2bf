"""Pull departments, employees, and who of them may serve contacts.

Departments come in one call, those who serve in another, the members of each
department in a call each: none goes down the tree any more (wecom-api.md 2.3).

Who is not listed need not be gone: the app's visible range may have shrunk. So those
whom we miss are asked for one by one, after everything was read, and only whom WeCom
then does not know is missing. The contact-sync secret sees the whole corp, and tells
of everybody in one call.
"""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.db.models import QuerySet

from apps.events.models import EventRecord
from apps.staff.departments import (
    DepartmentRow,
    delete_departments,
    keep_departments,
)
from apps.staff.keep import EmployeeRow, keep_employees
from apps.staff.models import Department, Employee
from apps.staff.roster import leave, serve, stop_serving
from apps.sync.compared_staff import (
    compared_departments,
    compared_employees,
    compared_serving,
)
from apps.sync.models import Difference, Pull
from apps.sync.page import Compared, Found, Page, Tally, differences
from apps.sync.told_staff import (
    DEPARTMENTS,
    EMPLOYEES,
    READ,
    SERVING,
    Row,
    Seen,
    Serving,
    everybody,
)
from apps.sync.words import whole
from apps.wecom.calls import call

NAME = "staff"
CHAINS = 20
# Gone or out of our range since we planned; or contact-sync may not be asked from here.
PASSED_OVER = {60003, 60123, 60011, 50002, 45029, 48002, 48009, 60020}


def plan(pull: Pull) -> list[list[str]]:
    """Departments, those who serve, and the departments' members dealt out."""
    answer = call("department.simplelist")
    numbers = [whole(d.get("id")) for d in answer.get("department_id") or []]
    keys = [f"members:{number}" for number in sorted(set(numbers)) if number]
    return [[DEPARTMENTS], [SERVING], *dealt(keys)]


def doubts(seen: dict[str, set[str]], *, before: datetime) -> list[list[str]]:
    """A second round: those whom we hold and the first did not list, one by one."""
    keys = [
        f"department:{number}"
        for number in missing(DEPARTMENTS, seen.get(DEPARTMENTS, set()), before=before)
    ]
    missed = missing(EMPLOYEES, seen.get(EMPLOYEES, set()), before=before)
    if missed and settings.WECOM_CONTACTS_SECRET:
        return [*dealt(keys), ["ids"]]
    return dealt([*keys, *(f"user:{who}" for who in missed)])


def dealt(keys: list[str]) -> list[list[str]]:
    count = min(CHAINS, len(keys))
    return [keys[number::count] for number in range(count)]


def fetch(*, keys: list[str], cursor: str) -> Page:
    """One key of the chain after the other; `ids` has pages of WeCom's own."""
    if keys == ["ids"]:
        return everybody(cursor=cursor)
    place = int(cursor or 0)
    kind, _colon, which = keys[place].partition(":")
    rows = READ[kind](which)
    last = place + 1 == len(keys)
    return Page(rows=rows, next_cursor="" if last else str(place + 1))


def of_kind[T](rows: Iterable[Row], kind: type[T]) -> list[T]:
    return [row for row in rows if isinstance(row, kind)]


def merge(rows: list[Row], *, source: EventRecord.Source, at: datetime) -> Tally:
    departments = keep_departments(of_kind(rows, DepartmentRow))
    employees = keep_employees(of_kind(rows, EmployeeRow), source=source)
    serving = serve(
        (row.account for row in of_kind(rows, Serving)), source=source, at=at
    )
    new = departments.new + employees.new
    different = departments.different + employees.different
    if source == EventRecord.Source.FIRST_PULL:
        # Whom another list has named before was unknown to us all the same.
        return Tally(read=len(rows), new=new + different, gone=employees.gone)
    return Tally(
        read=len(rows), new=new, different=different + serving, gone=employees.gone
    )


def whole_of(key: str) -> str:
    kind = key.partition(":")[0]
    return {"department": DEPARTMENTS, DEPARTMENTS: DEPARTMENTS, SERVING: SERVING}.get(
        kind, EMPLOYEES
    )


def sightings(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [seen_in(row) for row in rows]


def seen_in(row: Row) -> tuple[str, str]:
    match row:
        case DepartmentRow():
            return DEPARTMENTS, str(row.number)
        case EmployeeRow():
            return EMPLOYEES, row.account
        case Serving():
            return SERVING, row.account
        case Seen():
            return row.whole, row.item


def ours(of: str) -> QuerySet:
    """What we hold of a whole."""
    if of == DEPARTMENTS:
        return Department.objects.filter(deleted_at=None)
    working = Employee.objects.working()
    return working.filter(serves=True) if of == SERVING else working


def held(of: str) -> int:
    return ours(of).count()


def missing(of: str, seen: set[str], *, before: datetime) -> list[str]:
    """Those of whom we have only heard, or heard again since, prove nothing."""
    heard_at = "created_at" if of == DEPARTMENTS else "joined_at"
    rows = ours(of).filter(read_at__lt=before).exclude(**{f"{heard_at}__gte": before})
    return sorted({str(i) for i in rows.values_list("wecom_id", flat=True)} - seen)


def gone(of: str, items: list[str]) -> list[Found]:
    """Who no longer serves is an employee all the same."""
    if of == SERVING:
        pairs = [
            Compared(
                thing="employee",
                subject=who,
                ours={"serves": True},
                theirs={"serves": False},
            )
            for who in items
        ]
        return differences(pairs)
    thing = "department" if of == DEPARTMENTS else "employee"
    missing_there = Difference.Kind.MISSING_THERE
    return [Found(thing=thing, kind=missing_there, subject=item) for item in items]


def end(of: str, items: list[str], *, source: EventRecord.Source, at: datetime) -> None:
    if of == DEPARTMENTS:
        delete_departments(map(int, items), at=at)
    elif of == SERVING:
        stop_serving(items)
    else:
        leave(Employee.objects.filter(wecom_id__in=items), at=at, source=source)


def compare(rows: list[Row]) -> list[Found]:
    return differences(
        [
            *compared_departments(of_kind(rows, DepartmentRow)),
            *compared_employees(of_kind(rows, EmployeeRow)),
            *compared_serving(of_kind(rows, Serving)),
        ]
    )

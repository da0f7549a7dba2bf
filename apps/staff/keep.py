"""What WeCom tells of its employees is kept, and only what differs is written.

What was read before the last difference we know of is stale, and changes nothing. Who
left and is listed all the same has returned, unless it was read so soon after the end
that WeCom may not have known.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from apps.common.kept import Kept
from apps.common.spelling import grams, sort_key, spelling
from apps.common.turns import take_turns
from apps.events.models import EventRecord
from apps.staff.departments import departments_by_number
from apps.staff.models import Employee, Posting
from apps.staff.roster import LAG, keep_accounts, known, leave, turn
from apps.staff.sign_in import make_users

TOLD = ("name", "alias", "position", "status", "main_department_id")
WRITTEN = [
    *("name", "alias", "position", "status", "main_department"),
    *("joined_at", "left_at", "read_at", "sort_key", "spelling", "grams"),
]


@dataclass(frozen=True, kw_only=True, slots=True)
class EmployeeRow:
    """An employee as WeCom tells it; departments by their numbers in WeCom.

    `leads` are those of the departments that the employee leads. `read_at` is the
    moment WeCom was asked.
    """

    account: str
    read_at: datetime
    name: str = ""
    alias: str = ""
    position: str = ""
    status: int = Employee.Status.ACTIVE
    departments: tuple[int, ...] = ()
    leads: frozenset[int] = frozenset()
    main_department: int | None = None

    @property
    def numbers(self) -> set[int]:
        main = {self.main_department} if self.main_department else set()
        return {*self.departments, *main}


@transaction.atomic
def keep_employees(rows: Iterable[EmployeeRow], *, source: EventRecord.Source) -> Kept:
    told = {row.account: row for row in rows}
    if not told:
        return Kept()
    take_turns(*map(turn, told))
    kept = Kept(new=hire(told))
    employees = {
        employee.wecom_id: employee
        for employee in Employee.objects.select_for_update()
        .filter(wecom_id__in=told)
        .order_by("pk")
    }
    leavers = {a for a, row in told.items() if row.status == Employee.Status.LEFT}
    for account in sorted(leavers & employees.keys()):
        employee = employees.pop(account)
        if not employee.has_left:
            kept.gone += leave([employee], at=told[account].read_at, source=source)
    fresh = [e for e in employees.values() if not is_stale(e, told[e.wecom_id])]
    changed = write(fresh, told)
    make_users(fresh)
    kept.different = max(len(changed) - kept.new, 0)
    return kept


def hire(told: Mapping[str, EmployeeRow]) -> int:
    """A row for every account that nobody has; one that was just given up is nobody's
    yet, and what tells of it is stale."""
    at = min(row.read_at for row in told.values()) - LAG
    return keep_accounts(told.keys() - known(told, at=at, strictly=True).keys())


def is_stale(employee: Employee, row: EmployeeRow) -> bool:
    if employee.left_at and row.read_at <= employee.left_at + LAG:
        return True
    return bool(employee.read_at and row.read_at < employee.read_at)


def write(employees: list[Employee], told: Mapping[str, EmployeeRow]) -> list[Employee]:
    """Write what differs; answer whom it was written of."""
    numbers = set().union(*(told[e.wecom_id].numbers for e in employees))
    departments = departments_by_number(numbers)
    moved = write_postings(employees, told, departments)
    changed = []
    for employee in employees:
        row = told[employee.wecom_id]
        if apply(row, employee, departments) or employee.pk in moved:
            employee.read_at = row.read_at
            changed.append(employee)
    Employee.objects.bulk_update(changed, WRITTEN)
    return changed


def apply(row: EmployeeRow, employee: Employee, departments: Mapping[int, int]) -> bool:
    """Put into the employee what the row tells; does anything differ?"""
    before = [getattr(employee, name) for name in (*TOLD, "left_at")]
    employee.name = row.name[:255]
    employee.alias = row.alias[:255]
    employee.position = row.position[:255]
    employee.status = row.status
    employee.main_department_id = departments.get(row.main_department or 0)
    if employee.left_at:
        employee.left_at, employee.joined_at = None, row.read_at
    if before == [getattr(employee, name) for name in (*TOLD, "left_at")]:
        return False
    employee.sort_key = sort_key(employee.name)
    employee.spelling = spelling(employee.name, employee.alias)
    employee.grams = grams(employee.name, employee.alias)
    return True


def write_postings(
    employees: list[Employee],
    told: Mapping[str, EmployeeRow],
    departments: Mapping[int, int],
) -> set[int]:
    """Where they work and whom they lead; answers who moved."""
    held: dict[int, dict[int, Posting]] = defaultdict(dict)
    for posting in Posting.objects.filter(employee__in=employees):
        held[posting.employee_id][posting.department_id] = posting
    new, promoted, ended = [], [], []
    for employee in employees:
        row = told[employee.wecom_id]
        wanted = {departments[n]: n in row.leads for n in row.departments}
        mine = held[employee.pk]
        ended += [p for department, p in mine.items() if department not in wanted]
        for department, leads in wanted.items():
            if department not in mine:
                new.append(
                    Posting(employee=employee, department_id=department, leads=leads)
                )
            elif mine[department].leads != leads:
                mine[department].leads = leads
                promoted.append(mine[department])
    Posting.objects.filter(pk__in=[posting.pk for posting in ended]).delete()
    Posting.objects.bulk_update(promoted, ["leads"])
    Posting.objects.bulk_create(new)
    return {posting.employee_id for posting in (*new, *promoted, *ended)}

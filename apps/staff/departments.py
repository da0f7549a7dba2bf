"""Departments are made, moved and deleted in WeCom's address book.

Numbers may be used again. A deletion therefore ends only what was made before it, and
what was read before the last difference we know of, or so soon after a deletion that
WeCom may not have known, is stale. So the order of the news does not matter.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from apps.common.kept import Kept
from apps.common.turns import take_turns
from apps.staff.models import Department
from apps.staff.roster import LAG

TURN = "departments"
TOLD = ("name", "parent_id", "order", "deleted_at")


@dataclass(frozen=True, kw_only=True, slots=True)
class DepartmentRow:
    """A department as WeCom tells it. The root has no parent."""

    number: int
    name: str
    parent: int | None
    order: int
    read_at: datetime


def departments_by_number(numbers: Iterable[int]) -> dict[int, int]:
    """The department behind each number; one we do not know is kept by its number."""
    wanted = set(numbers)
    found = known(wanted)
    strangers = sorted(wanted - found.keys())
    if strangers:
        Department.objects.bulk_create(
            [Department(wecom_id=number) for number in strangers],
            ignore_conflicts=True,
        )
        found |= known(strangers)
    return found


def known(numbers: Iterable[int]) -> dict[int, int]:
    rows = Department.objects.filter(wecom_id__in=list(numbers))
    return dict(rows.values_list("wecom_id", "pk"))


@transaction.atomic
def keep_departments(rows: Iterable[DepartmentRow]) -> Kept:
    told = {row.number: row for row in rows}
    take_turns(TURN)
    new = told.keys() - known(told).keys()
    parents = {row.parent for row in told.values() if row.parent}
    ids = departments_by_number({*told, *parents})
    changed = []
    for department in Department.objects.filter(wecom_id__in=told):
        row = told[department.wecom_id]
        if is_stale(department, row):
            continue
        before = [getattr(department, name) for name in TOLD]
        department.name = row.name[:255]
        department.parent_id = ids[row.parent] if row.parent else None
        department.order = row.order
        department.deleted_at = None
        if before != [getattr(department, name) for name in TOLD]:
            department.read_at = row.read_at
            if before[-1]:
                department.created_at = row.read_at
            changed.append(department)
    Department.objects.bulk_update(
        changed, ["name", "parent", "order", "created_at", "deleted_at", "read_at"]
    )
    return Kept(new=len(new), different=len(changed) - len(new))


def is_stale(department: Department, row: DepartmentRow) -> bool:
    deleted, read = department.deleted_at, department.read_at
    if deleted and row.read_at <= deleted + LAG:
        return True
    return bool(read and row.read_at < read)


@transaction.atomic
def create_department(*, number: int, at: datetime) -> Department:
    """It was made, or made again; what it is called is read."""
    take_turns(TURN)
    department, _made = Department.objects.get_or_create(wecom_id=number)
    if department.created_at is None or at > department.created_at:
        department.created_at = at
        if department.deleted_at and at > department.deleted_at:
            department.deleted_at = None
        department.save(update_fields=["created_at", "deleted_at"])
    return department


@transaction.atomic
def delete_departments(numbers: Iterable[int], *, at: datetime) -> int:
    """They are gone, unless they were made again since. Answers how many are news."""
    numbers = set(numbers)
    take_turns(TURN)
    departments_by_number(numbers)
    standing = Department.objects.filter(
        Q(created_at__isnull=True) | Q(created_at__lte=at),
        Q(deleted_at__isnull=True) | Q(deleted_at__lt=at),
        wecom_id__in=numbers,
    )
    return standing.update(deleted_at=at)

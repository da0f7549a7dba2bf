"""Where departments and employees differ from what WeCom tells of them."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from apps.staff import departments, keep
from apps.staff.departments import DepartmentRow
from apps.staff.keep import EmployeeRow
from apps.staff.models import Department, Employee, Posting
from apps.sync.page import Compared
from apps.sync.told_staff import Serving


def compared_departments(rows: list[DepartmentRow]) -> Iterator[Compared]:
    held = Department.objects.select_related("parent").filter(
        wecom_id__in=[row.number for row in rows]
    )
    known = {department.wecom_id: department for department in held}
    for row in rows:
        department = known.get(row.number)
        if department and departments.is_stale(department, row):
            continue
        ours = None
        if department and department.deleted_at is None:
            parent = department.parent
            ours = {
                "name": department.name,
                "parent": parent.wecom_id if parent else None,
                "order": department.order,
            }
        yield Compared(
            thing="department",
            subject=str(row.number),
            ours=ours,
            theirs={"name": row.name[:255], "parent": row.parent, "order": row.order},
        )


def compared_employees(rows: list[EmployeeRow]) -> Iterator[Compared]:
    held = Employee.objects.select_related("main_department").filter(
        wecom_id__in=[row.account for row in rows]
    )
    known = {employee.wecom_id: employee for employee in held}
    postings: dict[int, dict[int, bool]] = defaultdict(dict)
    for posting in Posting.objects.select_related("department").filter(
        employee__in=known.values()
    ):
        number = posting.department.wecom_id
        postings[posting.employee_id][number] = posting.leads
    for row in rows:
        employee = known.get(row.account)
        if employee and keep.is_stale(employee, row):
            continue
        ours = theirs = None
        if employee and not employee.has_left:
            ours = held_of(employee, postings[employee.pk])
        if row.status != Employee.Status.LEFT:
            theirs = told_of(row)
        if ours or theirs:
            yield Compared(
                thing="employee", subject=row.account, ours=ours, theirs=theirs
            )


def held_of(employee: Employee, postings: dict[int, bool]) -> dict[str, Any]:
    main = employee.main_department
    return {
        "name": employee.name,
        "alias": employee.alias,
        "position": employee.position,
        "status": employee.status,
        "departments": set(postings),
        "leads": {number for number, leads in postings.items() if leads},
        "main department": main.wecom_id if main else None,
    }


def told_of(row: EmployeeRow) -> dict[str, Any]:
    return {
        "name": row.name[:255],
        "alias": row.alias[:255],
        "position": row.position[:255],
        "status": row.status,
        "departments": set(row.departments),
        "leads": set(row.leads),
        "main department": row.main_department,
    }


def compared_serving(rows: list[Serving]) -> Iterator[Compared]:
    """Of those who work here; whether they do is compared with the list of members."""
    accounts = [row.account for row in rows]
    known = Employee.objects.filter(wecom_id__in=accounts).in_bulk(
        field_name="wecom_id"
    )
    for row in rows:
        employee = known.get(row.account)
        if employee and employee.has_left:
            continue
        yield Compared(
            thing="employee",
            subject=row.account,
            ours={"serves": employee.serves} if employee else None,
            theirs={"serves": True},
        )

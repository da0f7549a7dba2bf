"""How WeCom tells of departments, employees, and who of them may serve contacts.

Each reading answers rows in our own words. It runs in a thread and touches no table
of ours but the wire's.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.common.clock import now
from apps.staff.departments import DepartmentRow
from apps.staff.keep import EmployeeRow
from apps.staff.models import Employee
from apps.sync.page import Page
from apps.sync.words import account, kind, text, whole
from apps.wecom.calls import call
from apps.wecom.errors import WeComRefused

UNKNOWN = {60111, 60003, 60123}  # WeCom has no such employee or department
OUT_OF_RANGE = {60011, 50002, 60021, 60030, 48002, 40003}

DEPARTMENTS, EMPLOYEES, SERVING = "departments", "employees", "serving"


@dataclass(frozen=True, kw_only=True, slots=True)
class Serving:
    """An employee who may serve contacts."""

    account: str
    read_at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """Something that is there, of which we are told no more."""

    whole: str
    item: str


Row = DepartmentRow | EmployeeRow | Serving | Seen


def read_departments(_which: str) -> list[Row]:
    read_at = now()
    answer = call("department.list")
    return [
        department_row(told, read_at=read_at) for told in answer.get("department") or []
    ]


def read_serving(_which: str) -> list[Row]:
    read_at = now()
    answer = call("externalcontact.get_follow_user_list")
    return [Serving(account=who, read_at=read_at) for who in accounts_in(answer)]


def accounts_in(answer: dict[str, Any]) -> list[str]:
    """Who may serve contacts."""
    return sorted({account(who) for who in answer.get("follow_user") or []})


def read_members(number: str) -> list[Row]:
    read_at = now()
    answer = call("user.list", department_id=int(number))
    return [
        employee_row(told, read_at=read_at) for told in answer.get("userlist") or []
    ]


def read_user(who: str) -> list[Row]:
    read_at = now()
    return doubted(
        lambda: employee_row(call("user.get", userid=who), read_at=read_at),
        Seen(whole=EMPLOYEES, item=who),
    )


def read_department(number: str) -> list[Row]:
    read_at = now()
    return doubted(
        lambda: department_row(
            call("department.get", id=int(number))["department"], read_at=read_at
        ),
        Seen(whole=DEPARTMENTS, item=number),
    )


def doubted(read: Callable[[], Row], unseen: Seen) -> list[Row]:
    """What WeCom tells of it; nothing if there is no such thing; and if it may not tell
    us, then only that it may be there."""
    try:
        return [read()]
    except WeComRefused as refusal:
        if refusal.errcode in UNKNOWN:
            return []
        if refusal.errcode in OUT_OF_RANGE:
            return [unseen]
        raise


def everybody(*, cursor: str) -> Page:
    """All accounts of the corp, whatever our range; one row for each department."""
    answer = call("user.list_id", cursor=cursor)
    accounts = {account(row.get("userid")) for row in answer.get("dept_user") or []}
    return Page(
        rows=[Seen(whole=EMPLOYEES, item=who) for who in sorted(accounts)],
        next_cursor=answer.get("next_cursor") or "",
    )


READ: dict[str, Callable[[str], list[Row]]] = {
    "departments": read_departments,
    "serving": read_serving,
    "members": read_members,
    "user": read_user,
    "department": read_department,
}


def department_row(told: dict[str, Any], *, read_at: datetime) -> DepartmentRow:
    return DepartmentRow(
        number=whole(told.get("id")),
        name=text(told.get("name")),
        parent=whole(told.get("parentid")) or None,
        order=whole(told.get("order")),
        read_at=read_at,
    )


def employee_row(told: dict[str, Any], *, read_at: datetime) -> EmployeeRow:
    """`is_leader_in_dept` goes parallel to `department` (wecom-api.md 2.2)."""
    departments = tuple(map(whole, told.get("department") or ()))
    leads = map(whole, told.get("is_leader_in_dept") or ())
    return EmployeeRow(
        account=account(told.get("userid")),
        read_at=read_at,
        name=text(told.get("name")),
        alias=text(told.get("alias")),
        position=text(told.get("position")),
        status=kind(told.get("status")) or Employee.Status.ACTIVE,
        departments=departments,
        leads=frozenset(
            d for d, leads in zip(departments, leads, strict=False) if leads
        ),
        main_department=whole(told.get("main_department")) or None,
    )

"""Employees come, change and go; contact-sync hears of it (wecom-api.md 4.6).

Receivers configured since 2022-08-15 get little more than ids, and no news of a
changed name or position; older ones get the fields. The knob `contacts_events`
says which the corp has: `ids` or `full`.
"""

import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.registry import act
from apps.sandbox.names import full_name, phone
from apps.sandbox.records import CannotDo, Records

EVENT = "change_contact"
POSITIONS = ("客户顾问", "销售经理", "客服专员", "门店店长", "大客户经理")


@act
def employee_create(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    name: str | None = None,
    departments: list[int] | None = None,
    serves: bool = True,
    position: str | None = None,
    console_welcome: bool = False,
) -> dict[str, Any]:
    chinese, reading = full_name(corp.random)
    userid = userid or free_userid(corp, reading)
    if corp.value("SELECT 1 FROM employee WHERE userid = ?", userid):
        raise CannotDo(f"There is an employee {userid!r} already.")
    departments = departments or [pick.department(corp)["id"]]
    for department in departments:
        pick.department(corp, department)
    corp.run(
        "INSERT INTO employee (userid, name, position, mobile, gender, email,"
        " main_department, serves, console_welcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        userid,
        name or chinese,
        corp.random.choice(POSITIONS) if position is None else position,
        phone(corp.random),
        corp.random.choice((1, 2)),
        f"{userid.lower()}@corp.example",
        departments[0],
        int(serves),
        int(console_welcome),
    )
    join_departments(corp, userid, departments)
    tell_of_employee(corp, "create_user", userid, at)
    return {"userid": userid, "name": name or chinese, "departments": departments}


@act
def employee_update(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    name: str | None = None,
    position: str | None = None,
    departments: list[int] | None = None,
    leads: list[int] | None = None,
    status: int | None = None,
    serves: bool | None = None,
    console_welcome: bool | None = None,
    room: int | None = None,
) -> dict[str, Any]:
    """An employee is renamed, moved, promoted, disabled, allowed so many customers…"""
    employee = pick.employee(corp, userid, serving=False)
    userid = employee["userid"]
    given = {"name": name, "position": position, "status": status, "serves": serves}
    given |= {"console_welcome": console_welcome, "room": room}
    given = {column: value for column, value in given.items() if value is not None}
    if not given and departments is None and leads is None:
        departments = [pick.department(corp)["id"]]
    for column, value in given.items():
        corp.run(f"UPDATE employee SET {column} = ? WHERE userid = ?", value, userid)
    if departments is not None:
        for department in departments:
            pick.department(corp, department)
        corp.run("DELETE FROM membership WHERE userid = ?", userid)
        corp.run(
            "UPDATE employee SET main_department = ? WHERE userid = ?",
            departments[0],
            userid,
        )
        join_departments(corp, userid, departments)
    if leads is not None:
        corp.run("UPDATE membership SET leads = 0 WHERE userid = ?", userid)
        for department in leads:
            corp.run(
                "UPDATE membership SET leads = 1 WHERE userid = ? AND department = ?",
                userid,
                department,
            )
    full = corp.knobs.contacts_events == "full"
    if departments is not None or leads is not None or (full and given):
        tell_of_employee(corp, "update_user", userid, at)
    return {"userid": userid, **given} | (
        {"departments": departments} if departments is not None else {}
    )


@act
def employee_rename_id(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    new_userid: str | None = None,
) -> dict[str, Any]:
    """An employee's id changes; all that hangs on it moves along."""
    old = pick.employee(corp, userid, serving=False)["userid"]
    new = new_userid or free_userid(corp, old)
    if corp.value("SELECT 1 FROM employee WHERE userid = ? AND userid != ?", new, old):
        raise CannotDo(f"There is an employee {new!r} already.")
    for table, column in (
        ("employee", "userid"),
        ("employee", "direct_leader"),
        ("membership", "userid"),
        ("follow", "userid"),
        ("follow", "oper_userid"),
        ("group_chat", "owner"),
        ("group_member", "member"),
        ("group_member", "invitor"),
        ("transfer", "handover"),
        ("transfer", "takeover"),
        ("group_transfer", "owner"),
        ("group_transfer", "new_owner"),
    ):
        corp.run(f"UPDATE {table} SET {column} = ? WHERE {column} = ?", new, old)
    tell_of_employee(corp, "update_user", new, at, old_userid=old)
    return {"userid": old, "new_userid": new}


@act
def employee_resign(
    corp: Records, *, at: int, userid: str | None = None
) -> dict[str, Any]:
    """An employee goes: customers wait to be assigned, groups to be inherited."""
    employee = pick.employee(corp, userid, serving=False)
    userid = employee["userid"]
    corp.run(
        "UPDATE employee SET resigned_at = ?, status = 5 WHERE userid = ?", at, userid
    )
    corp.run("DELETE FROM membership WHERE userid = ?", userid)
    corp.run(
        "INSERT OR IGNORE INTO unassigned (handover, external_userid, dimission_time)"
        " SELECT userid, external_userid, ? FROM follow"
        " WHERE userid = ? AND relation IN ('mutual', 'left') ORDER BY id",
        at,
        userid,
    )
    corp.run(
        "UPDATE group_chat SET status = 1 WHERE owner = ? AND dismissed_at IS NULL",
        userid,
    )
    corp.tell(EVENT, "delete_user", at=at, receiver="contacts", UserID=userid)
    return {"userid": userid}


def join_departments(corp: Records, userid: str, departments: list[int]) -> None:
    corp.run_many(
        "INSERT OR IGNORE INTO membership (userid, department, position)"
        " VALUES (?, ?, ?)",
        [(userid, department, place) for place, department in enumerate(departments)],
    )


def free_userid(corp: Records, wanted: str) -> str:
    userid, number = wanted, 1
    while corp.value("SELECT 1 FROM employee WHERE userid = ?", userid):
        number += 1
        userid = f"{wanted[:60]}{number}"
    return userid


def tell_of_employee(
    corp: Records, change: str, userid: str, at: int, *, old_userid: str = ""
) -> None:
    employee = corp.row("SELECT * FROM employee WHERE userid = ?", userid)
    places = corp.rows(
        "SELECT * FROM membership WHERE userid = ? ORDER BY position", userid
    )
    assert employee is not None
    elements: dict[str, Any] = {"UserID": old_userid or employee["userid"]}
    if old_userid:
        elements["NewUserID"] = employee["userid"]
    elements["Department"] = ",".join(str(place["department"]) for place in places)
    if corp.knobs.contacts_events == "full":
        elements |= all_fields(employee, places)
    corp.tell(EVENT, change, at=at, receiver="contacts", **elements)


def all_fields(employee: sqlite3.Row, places: list[sqlite3.Row]) -> dict[str, Any]:
    return {
        "Name": employee["name"],
        "MainDepartment": employee["main_department"],
        "IsLeaderInDept": ",".join(str(place["leads"]) for place in places),
        "DirectLeader": employee["direct_leader"],
        "Position": employee["position"],
        "Mobile": employee["mobile"],
        "Gender": employee["gender"],
        "Email": employee["email"],
        "Status": employee["status"],
        "Alias": employee["alias"],
        "ExtAttr": [{"Name": "爱好", "Type": 0, "Text": {"Value": "棋"}}],
    }

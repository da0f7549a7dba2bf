"""What we do on change_contact, as contact-sync hears it (wecom-api.md 4.6).

That an account was made, renamed or deleted is written at once. Receivers configured
since 2022-08-15 are told little more than ids, so everything else is read again.
"""

from datetime import datetime
from typing import Any

from apps.events.models import EventRecord
from apps.staff.departments import (
    create_department,
    delete_departments,
    keep_departments,
)
from apps.staff.keep import keep_employees
from apps.staff.rename import rename_account
from apps.staff.roster import (
    employees_by_account,
    join,
    read_employee,
    resign,
    serve,
)
from apps.sync.heard_groups import read_statuses
from apps.sync.told_staff import accounts_in, department_row, employee_row
from apps.sync.words import account, moment, whole
from apps.wecom.outbox import Answer, ask

Message = dict[str, Any]
CALLBACK = EventRecord.Source.CALLBACK


def employee_created(message: Message) -> None:
    who = account(message["UserID"])
    join(account=who, at=moment(message["CreateTime"]))
    read_employee(who)
    read_serving()


def employee_changed(message: Message) -> None:
    who, at = account(message["UserID"]), moment(message["CreateTime"])
    if new := account(message.get("NewUserID")):
        employee = rename_account(old=who, new=new, at=at, source=CALLBACK)
        who = employee.wecom_id
    employees_by_account([who], source=CALLBACK, at=at)
    read_employee(who)


def employee_deleted(message: Message) -> None:
    """WeCom tells neither of the follows that end thereby nor of the groups that wait
    to be inherited."""
    who, at = account(message["UserID"]), moment(message["CreateTime"])
    resign(account=who, at=at, source=CALLBACK)
    read_statuses(who, told_at=at)


def department_changed(message: Message) -> None:
    number, at = whole(message["Id"]), moment(message["CreateTime"])
    if message["ChangeType"] == "create_party":
        create_department(number=number, at=at)
    read_department(number)


def department_deleted(message: Message) -> None:
    delete_departments([whole(message["Id"])], at=moment(message["CreateTime"]))


def kept_only(message: Message) -> None:
    """Tags of the address book mean nothing here."""


HANDLERS = {
    ("change_contact", "create_user"): employee_created,
    ("change_contact", "update_user"): employee_changed,
    ("change_contact", "delete_user"): employee_deleted,
    ("change_contact", "create_party"): department_changed,
    ("change_contact", "update_party"): department_changed,
    ("change_contact", "delete_party"): department_deleted,
    ("change_contact", "update_tag"): kept_only,
}


# --- reading again -------------------------------------------------------------------


def read_department(number: int) -> None:
    ask(
        "department.get",
        arguments={"id": number},
        answer="sync.department_read",
        about={"number": number},
        once=f"department:{number}",
    )


def read_serving() -> None:
    """Ask who may serve contacts: nothing is told of that permission."""
    ask(
        "externalcontact.get_follow_user_list",
        arguments={},
        answer="sync.serving_read",
        once="serving",
    )


def employee_read(*, result: dict, about: dict, called_at: datetime) -> None:
    keep_employees([employee_row(result, read_at=called_at)], source=CALLBACK)


def employee_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """Out of our range, or gone: the news of leaving is heard, or a pull finds out."""


def serving_read(*, result: dict, about: dict, called_at: datetime) -> None:
    """Those who may. Who may no longer is left to a pull, which asks twice."""
    serve(accounts_in(result), source=CALLBACK, at=called_at)


def serving_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """We may not know; a pull says so where a person sees it."""


def department_read(*, result: dict, about: dict, called_at: datetime) -> None:
    keep_departments([department_row(result["department"], read_at=called_at)])


def department_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """Out of our range, or gone: the news of its end is heard, or a pull finds out."""


ANSWERS = {
    "sync.employee_read": Answer(employee_read, employee_not_read),
    "sync.serving_read": Answer(serving_read, serving_not_read),
    "sync.department_read": Answer(department_read, department_not_read),
}

"""An employee joins or leaves, and is found by any account they ever had.

WeCom's news comes late, twice or out of order. Two moments decide: `joined_at`, the
latest beginning we heard of, and `left_at`, the latest end. Both only move forward.
Who left before the latest beginning works here again; who left at the same second or
later has left. So it does not matter which of them is heard first.

A leave is told of even when it is heard after the return: whoever had an account then
has lost the contacts that went with it, and may not sign in until a role is given anew.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.common.turns import take_turns
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.events import EmployeeLeft
from apps.staff.models import Employee, FormerAccount, Posting
from apps.staff.sign_in import shut_out
from apps.wecom.outbox import ask

LAG = timedelta(minutes=1)  # WeCom's answers may lag some seconds behind its news


def turn(account: str) -> str:
    """The name under which whoever changes this employee takes turns."""
    return f"employee:{account}"


# --- who is behind an account --------------------------------------------------------


@transaction.atomic(savepoint=False)
def employees_by_account(
    accounts: Iterable[str], *, source: EventRecord.Source, at: datetime
) -> dict[str, int]:
    """The employee behind every account, by the account in lower case.

    Strangers become employees of whom we know the account only. When a callback names
    them they are read; a pull has just been told all that WeCom tells.
    """
    told = {(account.lower(), at) for account in accounts}
    holders = holders_of(told, source=source)
    return {account: employee for (account, _at), employee in holders.items()}


@transaction.atomic(savepoint=False)
def holders_of(
    told: Iterable[tuple[str, datetime]], *, source: EventRecord.Source
) -> dict[tuple[str, datetime], int]:
    """The same for accounts in lower case, each as it was at a moment of its own."""
    told = set(told)
    held = Held.of({account for account, _at in told})
    strangers = sorted({account for account, _at in told} - held.known)
    if strangers:
        keep_accounts(strangers)
        held = Held.of({account for account, _at in told})
        if source == EventRecord.Source.CALLBACK:
            for account in strangers:
                read_employee(account)
    return {(account, at): held.by(account, at=at) for account, at in told}


def keep_accounts(accounts: Iterable[str]) -> int:
    """Employees of whom we know the account only."""
    rows = [Employee(wecom_id=account) for account in sorted(accounts)]
    return len(Employee.objects.bulk_create(rows, ignore_conflicts=True))


def known(
    accounts: Iterable[str], *, at: datetime, strictly: bool = False
) -> dict[str, int]:
    """Employees whose account this is, or was at `at`, before somebody else got it.

    Unless `strictly`, an account that nobody has any more is still its last holder's.
    """
    held = Held.of({account.lower() for account in accounts})
    return {
        account: held.by(account, at=at)
        for account in held.known
        if not strictly or account in held.now or at <= held.once[account][1]
    }


@dataclass(frozen=True)
class Held:
    """Whose some accounts are now, and whose they were until when."""

    now: dict[str, int]
    once: dict[str, tuple[int, datetime]]

    @classmethod
    def of(cls, accounts: set[str]) -> "Held":
        now = Employee.objects.filter(wecom_id__in=accounts)
        former = FormerAccount.objects.filter(wecom_id__in=accounts)
        return cls(
            now=dict(now.values_list("wecom_id", "pk")),
            once={
                account: (employee, until)
                for account, employee, until in former.values_list(
                    "wecom_id", "employee_id", "renamed_at"
                )
            },
        )

    @property
    def known(self) -> set[str]:
        return self.now.keys() | self.once.keys()

    def by(self, account: str, *, at: datetime) -> int:
        """Whoever had it then; else whoever has it; else its last holder."""
        employee, until = self.once.get(account, (0, at))
        if employee and (at <= until or account not in self.now):
            return employee
        return self.now[account]


def read_employee(account: str) -> None:
    """Ask WeCom for all that it tells of an employee."""
    ask(
        "user.get",
        arguments={"userid": account},
        answer="sync.employee_read",
        about={"account": account},
        once=turn(account),
    )


# --- joining and leaving -------------------------------------------------------------


@transaction.atomic
def join(*, account: str, at: datetime) -> Employee:
    """An account was made: for somebody new, or for somebody who returns."""
    account = account.lower()
    take_turns(turn(account))
    pk = known([account], at=at, strictly=True).get(account)
    if pk is None:
        return Employee.objects.create(wecom_id=account, joined_at=at)
    employee = Employee.objects.select_for_update().get(pk=pk)
    if employee.joined_at is None or at > employee.joined_at:
        employee.joined_at = at
        if employee.left_at and at > employee.left_at:
            employee.left_at, employee.serves = None, False
            employee.status = Employee.Status.UNREAD
        employee.save(update_fields=["joined_at", "left_at", "serves", "status"])
    return employee


@transaction.atomic
def resign(*, account: str, at: datetime, source: EventRecord.Source) -> Employee:
    """An account was deleted, perhaps before we ever heard of it."""
    account = account.lower()
    take_turns(turn(account))
    if not known([account], at=at):
        keep_accounts([account])
    employee = Employee.objects.get(pk=known([account], at=at)[account])
    leave([employee], at=at, source=source)
    return employee


@transaction.atomic
def leave(
    employees: Iterable[Employee], *, at: datetime, source: EventRecord.Source
) -> int:
    """Keep that they left, and end what goes with an account. Answers who is news."""
    ids = [employee.pk for employee in employees]
    rows = Employee.objects.select_for_update().filter(pk__in=ids).order_by("pk")
    told = set(
        EventRecord.objects.filter(kind=EmployeeLeft.__name__, at=at).values_list(
            "facts__employee_id", flat=True
        )
    )
    leavers = [row for row in rows if row.pk not in told]
    gone = [row for row in leavers if has_left_by(row, at=at)]
    for row in gone:
        row.left_at, row.status, row.serves = at, Employee.Status.LEFT, False
    Employee.objects.bulk_update(gone, ["left_at", "status", "serves"])
    Posting.objects.filter(employee__in=gone).delete()
    shut_out(row.pk for row in leavers)
    record_all(
        EmployeeLeft(at=at, source=source, employee_id=row.pk) for row in leavers
    )
    return len(leavers)


def has_left_by(employee: Employee, *, at: datetime) -> bool:
    """Does an end at this moment follow everything that we know of them?"""
    joined, left = employee.joined_at, employee.left_at
    return (joined is None or at >= joined) and (left is None or at > left)


# --- serving contacts ----------------------------------------------------------------


@transaction.atomic
def serve(accounts: Iterable[str], *, source: EventRecord.Source, at: datetime) -> int:
    """These have WeCom's permission for customer contact. Answers how many are new."""
    ids = employees_by_account(accounts, source=source, at=at).values()
    idle = Employee.objects.filter(pk__in=list(ids), serves=False)
    return idle.update(serves=True)


@transaction.atomic
def stop_serving(accounts: Iterable[str]) -> int:
    """These have it no more."""
    serving = Employee.objects.filter(wecom_id__in=list(accounts), serves=True)
    return serving.update(serves=False)

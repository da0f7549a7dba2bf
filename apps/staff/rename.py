"""A WeCom account gets another name, and stays the same employee's.

The news may come late: then the employee is known by the new account as well, as
somebody else. The two become one again: whatever points at the younger row points at
the older one, whichever app it is in; what the older one has already, goes. A chain of
renames ends at the same account in whatever order it is heard.
"""

from datetime import datetime

from django.db import IntegrityError, models, transaction

from apps.common.turns import take_turns
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.staff.events import AccountRenamed
from apps.staff.models import Employee, FormerAccount, Posting, User
from apps.staff.roster import leave, turn

# What was learnt of an employee under the new account is the newer truth.
LEARNT = (
    *("name", "alias", "position", "status", "main_department_id", "read_at"),
    *("sort_key", "spelling", "grams"),
)


@transaction.atomic
def rename_account(
    *, old: str, new: str, at: datetime, source: EventRecord.Source
) -> Employee:
    """The account `old` is called `new` since `at`."""
    old, new = old.lower(), new.lower()
    take_turns(turn(old), turn(new))
    known = FormerAccount.objects.filter(wecom_id=old, renamed_at__gte=at).first()
    if known:  # heard before; the account may be somebody else's by now
        return known.employee
    keeper, other = holder(old), holder(new)
    if keeper is None and other is None:
        keeper = Employee.objects.create(wecom_id=new)
    elif keeper is None:
        keeper = other
    elif other is None:
        move(keeper, to=new, at=at)
    elif keeper.pk != other.pk:
        join_up(keeper, other, at=at, source=source)
    elif keeper.wecom_id == old and is_newer(new, at=at):
        move(keeper, to=new, at=at)  # back to an account it had before
    assert keeper is not None
    if keeper.wecom_id != old:
        FormerAccount.objects.update_or_create(
            wecom_id=old, defaults={"employee": keeper, "renamed_at": at}
        )
        record(AccountRenamed(at=at, source=source, employee_id=keeper.pk, former=old))
    return keeper


def holder(account: str) -> Employee | None:
    """Whose account this is, or was."""
    locked = Employee.objects.select_for_update()
    found = locked.filter(wecom_id=account).first()
    if found is None:
        former = FormerAccount.objects.filter(wecom_id=account).first()
        found = locked.get(pk=former.employee_id) if former else None
    return found


def is_newer(account: str, *, at: datetime) -> bool:
    """Have we heard of no later end of this account?"""
    ended = FormerAccount.objects.filter(wecom_id=account, renamed_at__gte=at)
    return not ended.exists()


def move(employee: Employee, *, to: str, at: datetime) -> None:
    """The employee has this account now, and the user is called like it."""
    before, employee.wecom_id = employee.wecom_id, to
    take_back_leaving(employee, after=at)
    employee.save()
    FormerAccount.objects.filter(wecom_id=to).delete()
    if not User.objects.filter(username=to).exists():
        User.objects.filter(employee=employee, username=before).update(username=to)


def take_back_leaving(employee: Employee, *, after: datetime) -> None:
    """It was only concluded, since WeCom knew the old account no more."""
    if employee.left_at and employee.left_at >= after:
        employee.left_at, employee.status = None, Employee.Status.UNREAD


def join_up(
    keeper: Employee, double: Employee, *, at: datetime, source: EventRecord.Source
) -> None:
    """Two rows that are one employee: the older one stays, under the new account."""
    account, left_at = double.wecom_id, double.left_at
    take_back_leaving(keeper, after=at)
    if double.read_at:
        Posting.objects.filter(employee=keeper).delete()
        for name in LEARNT:
            setattr(keeper, name, getattr(double, name))
    keeper.serves = keeper.serves or double.serves
    joined = [moment for e in (keeper, double) if (moment := e.joined_at)]
    keeper.joined_at = max(joined, default=None)
    absorb(keeper, double)
    move(keeper, to=account, at=at)
    if left_at:
        leave([keeper], at=left_at, source=source)
        keeper.refresh_from_db()


def absorb(keeper: Employee, double: Employee) -> None:
    """Every link to the double becomes one to the keeper; then the double goes."""
    for field in links_to_employees():
        rows = field.model._base_manager.filter(**{field.name: double})
        try:
            with transaction.atomic():
                rows.update(**{field.name: keeper})
        except IntegrityError:
            for row in rows.order_by("pk"):
                move_or_drop(row, field, keeper)
    double.delete()


def move_or_drop(row: models.Model, field: models.Field, keeper: Employee) -> None:
    try:
        with transaction.atomic():
            type(row)._base_manager.filter(pk=row.pk).update(**{field.name: keeper})
    except IntegrityError:
        row.delete()


def links_to_employees() -> list[models.Field]:
    links = Employee._meta.get_fields(include_hidden=True)
    return [link.field for link in links if isinstance(link, models.ForeignObjectRel)]

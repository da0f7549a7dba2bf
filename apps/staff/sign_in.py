"""Who of our people may sign in: nobody until a role is given, nobody who left.

The user of an employee is called like the WeCom account. Its password is unusable, so
it opens nothing by itself; taking a password away ends every session begun with it.
"""

from collections.abc import Iterable

from django.contrib.auth.hashers import make_password
from django.db import transaction

from apps.staff.models import Employee, User


@transaction.atomic
def make_users(employees: Iterable[Employee]) -> None:
    """A disabled user for everyone who has none."""
    ids = [employee.pk for employee in employees]
    without = list(Employee.objects.filter(pk__in=ids, user=None).order_by("pk"))
    accounts = [employee.wecom_id for employee in without]
    taken = set(
        User.objects.filter(username__in=accounts).values_list("username", flat=True)
    )
    User.objects.bulk_create(
        [
            User(
                username=username_of(employee, taken=taken),
                password=make_password(None),
                is_active=False,
                employee=employee,
            )
            for employee in without
        ],
        ignore_conflicts=True,
    )


def username_of(employee: Employee, *, taken: set[str]) -> str:
    """The account, unless somebody who is no employee has that name already."""
    account = employee.wecom_id
    return f"{account}+{employee.pk}" if account in taken else account


@transaction.atomic
def shut_out(employee_ids: Iterable[int]) -> None:
    """Disable their users and end their sessions."""
    users = User.objects.select_for_update().filter(employee__in=list(employee_ids))
    for user in users.order_by("pk"):
        if user.is_active or user.has_usable_password():
            user.is_active = False
            user.set_unusable_password()
            user.save(update_fields=["is_active", "password"])

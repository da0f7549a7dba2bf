"""Who of our people may sign in: nobody until a role is given, nobody who left.

The user of an employee is called like the WeCom account. Its password is unusable, so
it opens nothing by itself; taking a password away ends every session begun with it.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import OuterRef, QuerySet

from apps.staff.models import Employee, User
from apps.staff.roles import role_of
from apps.staff.scope import scopes_in


class Backend(ModelBackend):
    """Django's, which fetches with the user of a request what their roles see."""

    def get_user(self, user_id: Any) -> User | None:
        scopes = ArraySubquery(scopes_in(Group.objects.filter(user=OuterRef("pk"))))
        told = User.objects.annotate(told=scopes).filter(pk=user_id).first()
        if told is None or not self.user_can_authenticate(told):
            return None
        told.scopes_told = told.told
        return told

    def _get_user_permissions(self, user_obj: User) -> QuerySet[Permission]:
        """Rights come with a group and in no other way: nobody's own are asked for."""
        return Permission.objects.none()


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


def user_of(account: str) -> User | None:
    """Who may come in with this WeCom account; nobody without a role does."""
    user = User.objects.filter(employee__wecom_id=account, is_active=True).first()
    has_role = user is not None and (user.is_superuser or bool(role_of(user)))
    return user if has_role and user is not None and user.is_staff else None


@transaction.atomic
def shut_out(employee_ids: Iterable[int]) -> None:
    """Disable their users and end their sessions."""
    users = User.objects.select_for_update().filter(employee__in=list(employee_ids))
    for user in users.order_by("pk"):
        if user.is_active or user.has_usable_password():
            user.is_active = False
            user.set_unusable_password()
            user.save(update_fields=["is_active", "password"])

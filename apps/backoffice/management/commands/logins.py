"""The three logins of the demo."""

import os

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count, Q

from apps.staff.models import Employee, User


class Command(BaseCommand):
    help = "Make an administrator, a manager and an employee who can sign in."

    def handle(self, **options):
        password = os.environ.get("SCRM_DEMO_PASSWORD", "")
        if not password:
            raise CommandError("SCRM_DEMO_PASSWORD is not set.")
        with transaction.atomic():
            make("admin", password, is_superuser=True)
            leading = Employee.objects.filter(postings__leads=True)
            make("manager", password, employee=busiest(leading))
            make("employee", password, employee=busiest(Employee.objects.all()))


def busiest(employees) -> Employee | None:
    """Whose pages have most to show; nobody before the first pull."""
    free = employees.working().filter(
        Q(user=None) | Q(user__username__in=("manager", "employee"))
    )
    return free.annotate(many=Count("follows")).order_by("-many", "pk").first()


def make(
    username: str,
    password: str,
    *,
    is_superuser: bool = False,
    employee: Employee | None = None,
) -> None:
    """The same each time it is asked for; the role is the group of that name."""
    user, _ = User.objects.get_or_create(username=username)
    user.is_active = user.is_staff = True
    user.is_superuser = is_superuser
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=username))

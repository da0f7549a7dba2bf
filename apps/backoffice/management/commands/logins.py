"""The three logins of the demo."""

import os

from django.contrib.auth.models import Group
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count

from apps.staff.models import Employee, User


class Command(BaseCommand):
    help = "Make an administrator, a manager and an employee who can sign in."

    @transaction.atomic
    def handle(self, **options):
        password = os.environ.get("SCRM_DEMO_PASSWORD", "")
        if not password:
            raise CommandError("SCRM_DEMO_PASSWORD is not set.")
        login("admin", password, is_superuser=True)
        leading = Employee.objects.filter(postings__leads=True)
        sit_down(login("manager", password), among=leading)
        sit_down(login("employee", password), among=Employee.objects.all())


def login(username: str, password: str, *, is_superuser: bool = False) -> User:
    """The same each time it is asked for; the role is the group of that name."""
    user, _ = User.objects.get_or_create(username=username)
    user.is_active = user.is_staff = True
    user.is_superuser = is_superuser
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    user.groups.set(Group.objects.filter(name=username))
    return user


def sit_down(user: User, *, among) -> None:
    """In the place of whoever has most to look at; nobody is there before a pull."""
    if user.employee and not user.employee.has_left:
        return
    free = among.working().exclude(user__is_active=True)
    busiest = free.annotate(many=Count("follows")).order_by("-many", "pk").first()
    if busiest:
        User.objects.filter(employee=busiest).delete()  # the roster's, never used
        user.employee = busiest
        user.save(update_fields=["employee"])

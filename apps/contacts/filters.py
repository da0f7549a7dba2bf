"""What the contact list may be filtered for; tags and groups bring theirs.

Every condition is an EXISTS or an IN, never a join: no contact is found twice.
"""

from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.filters import Choice, Days, Pick, among, whole_number
from apps.contacts.models import Contact, Follow
from apps.contacts.ways import AddWay
from apps.staff.models import Department, Employee
from apps.staff.tree import read_tree

EndedBy = Follow.EndedBy
NOW = "now"


class StandingFilter(Choice):
    title = _("standing")
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return Contact.Standing.choices


class OwnerFilter(Pick):
    title = _("owner")
    parameter_name = "owner"
    model = "staff.employee"
    hint = _("Name, pinyin or account")
    # "me" is whoever looks: a view that is shared shows everybody their own
    others = (("me", _("me")), ("none", _("nobody looks after them")))

    def narrow(self, contacts: QuerySet, employee: Employee) -> QuerySet:
        return contacts.filter(owner=employee)

    def narrow_to_other(self, contacts: QuerySet, value: str) -> QuerySet:
        if value == "me":
            mine = self.request.user.employee_id
            return contacts.filter(owner=mine) if mine else contacts.none()
        return contacts.filter(owner__isnull=True)


class DepartmentFilter(Pick):
    """Those whose owner works in a department or below it."""

    title = _("department")
    parameter_name = "department"
    model = "staff.department"
    hint = _("Name of the department")

    def narrow(self, contacts: QuerySet, department: Department) -> QuerySet:
        branch = read_tree().branches.get(department.pk)
        return contacts.filter(owner__in=branch.people if branch else [])


class CameByFilter(Choice):
    """Those of whom any follow began this way."""

    title = _("came by")
    parameter_name = "way"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(str(way.value), way.label) for way in AddWay]

    def narrow(self, contacts: QuerySet, value: str) -> QuerySet:
        came = Follow.objects.filter(add_way=int(value))
        numbers = came.values_list("identity__contact", flat=True)
        each = Exists(came.filter(identity__contact=OuterRef("pk")))
        return among(contacts, numbers, otherwise=each)


class AddedFilter(Days):
    title = _("added at")
    parameter_name = "added"
    field = "added_at"


class FollowerFilter(Pick):
    """Those whom one employee has, or had: "12", or "12.contact" for whoever left 12.

    The same contacts that the employee's page counts.
    """

    quiet = True
    title = _("served by")
    parameter_name = "follower"
    model = "staff.employee"
    hint = _("Name, pinyin or account")

    @property
    def number(self) -> int | None:
        return whole_number((self.value() or "").partition(".")[0])

    @property
    def how(self) -> str:
        return (self.value() or "").partition(".")[2]

    def narrow(self, contacts: QuerySet, employee: Employee) -> QuerySet:
        if self.how and self.how not in EndedBy.values:
            return contacts.none()
        return contacts.filter(pk__in=contacts_of(employee, ended_by=self.how))

    @property
    def chip(self) -> str:
        if self.picked is None or self.how not in EndedBy.values:
            return super().chip
        names = {"employee": self.picked, "how": EndedBy(self.how).label}
        return gettext("%(employee)s: %(how)s") % names


def contacts_of(employee: Employee, *, ended_by: str = "") -> QuerySet:
    """Numbers of the contacts connected with an employee now; or of those who were,
    are no more, and whose connection ended in this way."""
    mine = Follow.objects.filter(employee=employee)
    if not ended_by:
        return mine.open().values("identity__contact")
    back = mine.open().filter(identity__contact=OuterRef("identity__contact"))
    return (
        mine.filter(ended_at__isnull=False, ended_by=ended_by)
        .exclude(Exists(back))
        .values("identity__contact")
    )

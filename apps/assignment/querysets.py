"""Named filters of assignments."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom
from apps.staff.tree import read_tree

if TYPE_CHECKING:
    from apps.staff.models import User


class AssignmentQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "AssignmentQuerySet":
        return self.filter(whom(user, "contact"))

    def open(self) -> "AssignmentQuerySet":
        """How things stand now."""
        return self.filter(until__isnull=True)


class PoolQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "PoolQuerySet":
        """Those whose members they are. Who sees everybody sees all; of a pool that
        names nobody everybody is a member."""
        if not user.has_perm("assignment.view_pool"):
            return self.none()
        if user.sees_everybody:
            return self
        mine = user.employee_id
        if mine is None:
            return self.none()
        return self.filter(
            models.Q(people=[], departments=[])
            | models.Q(people__contains=[mine])
            | models.Q(departments__overlap=departments_of(mine))
        )


def departments_of(employee_id: int) -> list[int]:
    """Where somebody works, and all above."""
    branches = read_tree().branches
    return [pk for pk, branch in branches.items() if employee_id in branch.people]


class RuleQuerySet(models.QuerySet):
    def on(self) -> "RuleQuerySet":
        return self.filter(is_on=True)

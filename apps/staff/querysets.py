"""The questions asked of employees."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from apps.staff.models import User


class EmployeeQuerySet(models.QuerySet):
    def working(self) -> "EmployeeQuerySet":
        return self.filter(left_at__isnull=True)

    def serving(self) -> "EmployeeQuerySet":
        return self.working().filter(serves=True)

    def visible_to(self, user: "User") -> "EmployeeQuerySet":
        """Everybody, to anyone who may see employees at all."""
        return self if user.has_perm("staff.view_employee") else self.none()

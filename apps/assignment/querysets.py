"""Named filters of assignments."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class AssignmentQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "AssignmentQuerySet":
        return self.filter(whom(user, "contact"))

    def open(self) -> "AssignmentQuerySet":
        """How things stand now."""
        return self.filter(until__isnull=True)


class RuleQuerySet(models.QuerySet):
    def on(self) -> "RuleQuerySet":
        return self.filter(is_on=True)

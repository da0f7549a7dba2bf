"""Named filters of scores and of the versions of rules."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class VersionQuerySet(models.QuerySet):
    def in_force(self) -> "VersionQuerySet":
        return self.filter(state="in_force", ends=False)

    def drafts(self) -> "VersionQuerySet":
        return self.filter(state="draft")

    def counting(self) -> "VersionQuerySet":
        """Those under which points are earned now: also drafts, beside."""
        return self.filter(state__in=["draft", "in_force"], ends=False)


class StandingQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "StandingQuerySet":
        return self.filter(whom(user, "contact"))

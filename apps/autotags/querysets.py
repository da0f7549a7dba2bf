"""Named filters of rules and their hits."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class TagRuleQuerySet(models.QuerySet):
    def on(self) -> "TagRuleQuerySet":
        return self.filter(on_since__isnull=False)


class HitQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "HitQuerySet":
        return self.filter(whom(user, "contact"))

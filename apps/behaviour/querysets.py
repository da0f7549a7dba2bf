"""visible_to(user) is whose behaviour an account manager may see."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class BehaviourQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "BehaviourQuerySet":
        """That of contacts whom the user may see."""
        return self.filter(whom(user, "contact"))

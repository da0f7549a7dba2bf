"""Named filters of welcomes and greetings."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class WelcomeQuerySet(models.QuerySet):
    def on(self) -> "WelcomeQuerySet":
        return self.filter(is_on=True)


class GreetingQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "GreetingQuerySet":
        """Those of contacts whom the user may see."""
        return self.filter(whom(user, "contact"))

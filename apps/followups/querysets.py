"""Named filters; visible_to(user) is which notes an account manager may read."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class NoteQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "NoteQuerySet":
        """All that was written about contacts whom the user may see."""
        return self.filter(whom(user, "contact"))

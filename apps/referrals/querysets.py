"""Named filters; visible_to(user) is whose invites and referrals somebody may see."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class CreditQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "CreditQuerySet":
        """Those of inviters whom the user may see."""
        return self.filter(whom(user, "invite__contact"))


class SignQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "SignQuerySet":
        """Those of inviters whom the user may see."""
        return self.filter(whom(user, "invite__contact"))

    def to_look_at(self) -> "SignQuerySet":
        return self.filter(verdict="")

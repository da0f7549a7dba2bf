"""The questions asked of channels and entries."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Exists, OuterRef

from apps.contacts.models import Contact

if TYPE_CHECKING:
    from apps.staff.models import User


class ChannelQuerySet(models.QuerySet):
    def published(self) -> Self:
        return self.filter(status="published")


class EntryQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> Self:
        """Entries of contacts whom the user may see."""
        if user.sees_everybody:
            return self
        seen = Contact.objects.visible_to(user).filter(pk=OuterRef("contact"))
        return self.filter(Exists(seen))

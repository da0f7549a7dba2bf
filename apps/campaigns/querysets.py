"""Named filters; visible_to(user) is whose participations somebody may see."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import OfContactsQuerySet

if TYPE_CHECKING:
    pass


class CampaignQuerySet(models.QuerySet):
    def launched(self) -> "CampaignQuerySet":
        return self.filter(status="launched")

    def going_on(self, *, at: datetime) -> "CampaignQuerySet":
        """Half-open: it begins at its first moment and is over at its last."""
        return self.launched().filter(starts_at__lte=at, ends_at__gt=at)


class GrantQuerySet(OfContactsQuerySet):
    def live(self) -> "GrantQuerySet":
        """Those that take a piece of the stock."""
        return self.exclude(status="voided")

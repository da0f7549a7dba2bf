"""Named filters: which tokens still open something."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef

from apps.contacts.models import Erasure


class TokenQuerySet(models.QuerySet):
    def open(self, *, at: datetime) -> "TokenQuerySet":
        """Neither expired nor ended, and of nobody who is being erased."""
        leaving = Erasure.objects.unfinished().filter(
            contact_number=OuterRef("session__contact_id")
        )
        return self.filter(
            ~Exists(leaving), expires_at__gt=at, session__ended_at__isnull=True
        )

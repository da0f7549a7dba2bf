"""Named filters; visible_to(user) is whose errands somebody may see."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef

if TYPE_CHECKING:
    from apps.staff.models import User


class ShareQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "ShareQuerySet":
        """Those of colleagues in reach."""
        if user.reach is None:
            return self
        return self.filter(employee__in=sorted(user.reach))

    def open(self) -> "ShareQuerySet":
        return self.filter(done_at__isnull=True, errand__ended_at__isnull=True)


class ErrandQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "ErrandQuerySet":
        """Handed to anybody in reach, or by oneself."""
        if user.reach is None:
            return self
        from apps.errands.models import Share  # which needs this module

        seen = Share.objects.visible_to(user).filter(errand=OuterRef("pk"))
        return self.filter(Exists(seen) | models.Q(made_by=user.pk))

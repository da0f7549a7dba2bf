"""Named filters; visible_to(user) is whose leads, tasks and notes somebody may see."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class NoteQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "NoteQuerySet":
        """All that was written about contacts whom the user may see."""
        return self.filter(whom(user, "contact"))


class StageQuerySet(models.QuerySet):
    def in_use(self) -> "StageQuerySet":
        return self.filter(retired_at__isnull=True)

    def going_on(self) -> "StageQuerySet":
        return self.filter(ends="")


class LeadQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "LeadQuerySet":
        """Of contacts whom the user may see."""
        return self.live().filter(whom(user, "contact"))

    def live(self) -> "LeadQuerySet":
        """Without what was pushed aside by a merge."""
        return self.filter(folded=False)

    def open(self) -> "LeadQuerySet":
        return self.filter(closed_at__isnull=True)

    def owned_within(self, user: "User") -> "LeadQuerySet":
        """Of colleagues in reach: the same as `visible_to` but for contacts who are
        somebody else's. A million leads are counted by an index on their owners."""
        if not user.has_perm("contacts.view_contact"):
            return self.none()
        if user.reach is None:
            return self.live()
        return self.live().filter(owner__in=sorted(user.reach))


class TaskQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "TaskQuerySet":
        return self.filter(whom(user, "contact"))

    def open(self) -> "TaskQuerySet":
        return self.filter(done_at__isnull=True)

    def to_tell_of(self, *, at: datetime) -> "TaskQuerySet":
        return self.open().filter(Q(next_at__lte=at))


class NoticeQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "NoticeQuerySet":
        """One's own, of contacts whom one still sees."""
        if user.employee_id is None:
            return self.none()
        return self.filter(whom(user, "contact"), employee=user.employee_id)

    def unseen(self) -> "NoticeQuerySet":
        return self.filter(seen_at__isnull=True)

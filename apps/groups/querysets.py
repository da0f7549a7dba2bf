"""Which group chats somebody may see: those that a colleague in reach owns or is in.

Whoever is in a group sees in WeCom who else is in it. Here a member who is nobody's
contact within reach is shown by a masked name (see members.py).
"""

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import models
from django.db.models import Q

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.staff.models import User


class GroupChatQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "GroupChatQuerySet":
        if not user.has_perm("groups.view_groupchat"):
            return self.none()
        if user.reach is None:
            return self
        within = sorted(user.reach)
        stays = apps.get_model("groups.Stay").objects.filter(
            employee__in=within, left_at__isnull=True
        )
        return self.filter(Q(owner__in=within) | Q(pk__in=stays.values("group")))


class StayQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "StayQuerySet":
        """Those of contacts whom they may see, in whichever group."""
        return self.filter(whom(user, "identity__contact"))

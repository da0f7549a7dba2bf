"""Named filters; visible_to(user) is which orders an account manager may see."""

from typing import TYPE_CHECKING

from django.db import models

from apps.contacts.querysets import whom

if TYPE_CHECKING:
    from apps.clients.models import Client
    from apps.staff.models import User


class OrderQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "OrderQuerySet":
        """Those of contacts whom the user may see."""
        return self.filter(whom(user, "contact"))

    def told_by(self, client: "Client") -> "OrderQuerySet":
        """Those of its own system: a client sees no others."""
        return self.filter(system=client.system)

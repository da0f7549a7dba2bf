"""What assignment has to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class OwnerChanged(Event):
    """Somebody else looks after a contact, or nobody: they wait in a pool. `reason` is
    a value of Assignment.How, followed by "_pool" if nobody does."""

    title: ClassVar = _("owner changed")

    reason: str
    employee_id: int | None = None
    pool_id: int | None = None
    before_id: int | None = None
    rule_id: int | None = None

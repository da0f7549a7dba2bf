"""What the roster has to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class EmployeeLeft(Event):
    """An employee left the company."""

    title: ClassVar = _("left the company")

    employee_id: int

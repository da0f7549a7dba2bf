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


@dataclass(frozen=True, kw_only=True)
class AccountRenamed(Event):
    """An employee's WeCom account is called otherwise; `former` is what it was."""

    title: ClassVar = _("has another WeCom account")

    employee_id: int
    former: str

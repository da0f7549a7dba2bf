"""What welcomes have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class WelcomeSent(Event):
    """A new friend was greeted."""

    title: ClassVar = _("was greeted")

    employee_id: int
    greeting_id: int


@dataclass(frozen=True, kw_only=True)
class WelcomeMissed(Event):
    """A new friend was to be greeted, and was not. `reason` is a Greeting.Reason."""

    title: ClassVar = _("was not greeted")

    employee_id: int
    greeting_id: int
    reason: str

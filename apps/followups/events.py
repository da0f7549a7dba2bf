"""What follow-ups have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class FollowedUp(Event):
    """An employee wrote down what was said; which note, but not its words."""

    title: ClassVar = _("was followed up")

    note_id: int

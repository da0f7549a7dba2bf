"""What group chats have to tell: of contacts, not of our own people in them."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class GroupJoined(Event):
    """A contact came into a group chat; `state` names the door."""

    title: ClassVar = _("joined a group")

    group_id: int
    stay_id: int
    state: str = ""


@dataclass(frozen=True, kw_only=True)
class GroupLeft(Event):
    """A contact is no longer in it. `left_by` is a value of Stay.LeftBy."""

    title: ClassVar = _("left a group")

    group_id: int
    stay_id: int
    left_by: str

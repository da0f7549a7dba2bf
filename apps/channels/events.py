"""What channels have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class ChannelEntered(Event):
    """A contact came through a channel. `is_first`: nobody of us knew them before;
    `ref`: the personal door into it by which they came, if any."""

    title: ClassVar = _("came by a channel code")

    channel_id: int
    follow_id: int
    employee_id: int
    is_first: bool
    ref: str = ""

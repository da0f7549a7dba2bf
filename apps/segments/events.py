"""What segments have to tell: of people who changed, never of a rule that did."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class SegmentEntered(Event):
    """A contact came to fit the rule of a segment."""

    title: ClassVar = _("entered a segment")

    segment_id: int


@dataclass(frozen=True, kw_only=True)
class SegmentLeft(Event):
    """A contact ceased to fit the rule of a segment."""

    title: ClassVar = _("left a segment")

    segment_id: int

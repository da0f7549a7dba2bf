"""What points and levels have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class PointsChanged(Event):
    """A line was added to the ledger: `points` more, or less."""

    title: ClassVar = _("points changed")

    points_entry_id: int
    points: int
    reason: str  # PointsEntry.Kind


@dataclass(frozen=True, kw_only=True)
class LevelChanged(Event):
    """A member stands on another level, or on none."""

    title: ClassVar = _("member level changed")

    level_id: int | None
    before_id: int | None

"""What scores have to tell."""

from dataclasses import dataclass
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from apps.events.event import Event


@dataclass(frozen=True, kw_only=True)
class GradeChanged(Event):
    """A contact came into another cell of the matrix. `ends` is "better" or "worse"."""

    title: ClassVar = _("came into another grade")

    grade: str
    was: str
    score: int
    ends: str

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


@dataclass(frozen=True, kw_only=True)
class LeadOpened(Event):
    """There is a chance to sell to the contact."""

    title: ClassVar = _("became a lead")

    lead_id: int
    stage_id: int


@dataclass(frozen=True, kw_only=True)
class StageChanged(Event):
    """A lead came into another stage. `ends` is a value of Stage.Ends."""

    title: ClassVar = _("came into another stage")

    lead_id: int
    stage_id: int
    was_id: int
    ends: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskAdded(Event):
    """It was agreed what is next."""

    title: ClassVar = _("has a next step")

    task_id: int
    employee_id: int


@dataclass(frozen=True, kw_only=True)
class TaskDone(Event):
    """What was next is done."""

    title: ClassVar = _("a step was done")

    task_id: int
    employee_id: int


@dataclass(frozen=True, kw_only=True)
class TaskOverdue(Event):
    """What was to be done was not done in time."""

    title: ClassVar = _("a step is overdue")

    task_id: int
    employee_id: int

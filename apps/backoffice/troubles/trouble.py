"""A trouble: what needs a person, since when, what it means and what to do.

Each leads to the place where it is dealt with, and is gone when it is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext

from apps.backoffice.pulse import Mood
from apps.backoffice.troubles.not_done import Alike
from apps.backoffice.troubles.words import list_of
from apps.common.jobs import Job

MayRepair = Callable[[type[Job]], bool]


@dataclass(frozen=True, kw_only=True)
class Door:
    """Where a trouble is dealt with."""

    title: str
    address: str
    primary: bool = False


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """`name` never changes; the rest is said in complete sentences."""

    name: str
    title: str
    meaning: str
    to_do: str
    mood: Mood = Mood.BROKEN
    since: datetime | None = None
    doors: tuple[Door, ...] = ()
    code: str = ""


def doors_of(group: Alike, *, may_repair: MayRepair) -> tuple[Door, ...]:
    """To the list of a group, and to trying all of it again."""
    failed = {"status__exact": Job.Status.FAILED, "reason": group.key}
    doors = [Door(title=gettext("See them"), address=list_of(group.kind, **failed))]
    if may_repair(group.kind):
        again = list_of(group.kind, "replay", reason=group.key)
        doors.insert(0, Door(title=gettext("Try all again"), address=again))
    return tuple(doors)

"""What needs a person, the gravest first; when all is well there is nothing.

Nothing is asked of the database here; see seen.py.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from apps.backoffice.pulse import Mood
from apps.backoffice.troubles.here import (
    of_the_broker,
    of_the_timetable,
    of_the_workers,
    of_unknown_outcomes,
)
from apps.backoffice.troubles.not_done import LOOKED_AT, Alike
from apps.backoffice.troubles.seen import Seen
from apps.backoffice.troubles.trouble import Door, MayRepair, Trouble, doors_of
from apps.backoffice.troubles.with_codes import of_balance, of_codes, of_group_codes
from apps.backoffice.troubles.with_leavers import of_leavers
from apps.backoffice.troubles.with_people import of_those_who_look
from apps.backoffice.troubles.with_pulls import of_pulls
from apps.backoffice.troubles.with_tags import of_changes
from apps.backoffice.troubles.with_wecom import (
    is_refused_now,
    of_pauses,
    of_refusals,
    of_the_callbacks,
    of_the_line,
    of_the_tokens,
)
from apps.backoffice.troubles.words import topics_in_words
from apps.common.dead_letters import Explanation

MOST = 8  # groups of dead letters that the front page tells one by one


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """Failed jobs of one reason."""

    group: Alike
    explanation: Explanation
    topics: str
    count: str
    doors: tuple[Door, ...]

    @property
    def kind(self) -> Any:
        return self.group.kind._meta.verbose_name


def troubles(seen: Seen, *, at: datetime, may_repair: MayRepair) -> list[Trouble]:
    found = [
        *of_the_broker(seen),
        *of_the_workers(seen, at=at),
        *of_the_timetable(seen, at=at),
        *of_the_callbacks(seen, at=at),
        *of_the_tokens(seen),
        *of_refusals(seen, at=at, may_repair=may_repair),
        *of_the_line(seen),
        *of_pauses(seen),
        *of_pulls(seen),
        *of_unknown_outcomes(seen),
        *of_codes(seen),
        *of_balance(seen),
        *of_group_codes(seen),
        *of_changes(seen),
        *of_leavers(seen),
        *of_those_who_look(seen),
    ]
    return sorted(found, key=lambda trouble: trouble.mood != Mood.BROKEN)


def dead_letters(
    seen: Seen, *, at: datetime, may_repair: MayRepair
) -> list[DeadLetters]:
    """What has failed, by reason; not what a trouble above tells of already."""
    return [
        DeadLetters(
            group=group,
            explanation=group.explanation,
            topics=topics_in_words(group),
            count=counted(group, seen),
            doors=doors_of(group, may_repair=may_repair),
        )
        for group in seen.failed
        if not is_refused_now(group, at=at)
    ]


def counted(group: Alike, seen: Seen) -> str:
    """Exactly, as long as all that has failed was looked at."""
    words = {"many": f"{group.many:,}"}
    failed = sum(q.failed for q in seen.queues if q.model is group.kind)
    if failed > LOOKED_AT:
        return gettext("at least %(many)s") % words
    return ngettext("%(many)s job", "%(many)s jobs", group.many) % words

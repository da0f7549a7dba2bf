"""What scores listen for: whatever earns points, and who was merged or taken apart."""

from apps.common.clock import now
from apps.contacts.events import ContactsMerged, MergeUndone
from apps.events.bus import subscribe
from apps.events.event import Event
from apps.scoring.after_grades import follow_up
from apps.scoring.earn import are_waited_for, earn_for
from apps.scoring.events import GradeChanged
from apps.scoring.moved import refold, take_home
from apps.scoring.scenes import EARNING


def earn_points(event: Event) -> None:
    earn_for(event, at=now())


for kind in {scene.event for scene in EARNING.values()}:
    subscribe(kind, only=are_waited_for)(earn_points)


@subscribe(ContactsMerged)
def fold_those_who_were_merged(event: ContactsMerged) -> None:
    refold(both(event), at=now())


@subscribe(MergeUndone)
def fold_those_who_were_taken_apart(event: MergeUndone) -> None:
    take_home(both(event), at=now())


def both(event: ContactsMerged | MergeUndone) -> set[int]:
    return {pk for pk in (event.contact_id, event.other_id) if pk is not None}


@subscribe(GradeChanged)
def follow_up_whoever_came_into_a_grade(event: GradeChanged) -> None:
    follow_up(event, at=now())

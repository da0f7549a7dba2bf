"""What channels listen for."""

from django.db.models import Q
from django.utils import timezone

from apps.channels import welcome  # noqa: F401 - puts the codes among the doors
from apps.channels.codes import look_at
from apps.channels.enter import enter
from apps.channels.events import ChannelEntered
from apps.channels.models import Channel
from apps.channels.put_on import put_tags_on, write_remark
from apps.contacts.events import FollowStarted, StateLearned
from apps.events.bus import subscribe
from apps.staff.events import EmployeeLeft


@subscribe(FollowStarted)
def let_them_in(event: FollowStarted) -> None:
    """A follow with a state is an entry."""
    if event.state:
        enter(
            follow_id=event.follow_id,
            state=event.state,
            source=event.source,
            at=timezone.now(),
        )


@subscribe(StateLearned)
def let_them_in_late(event: StateLearned) -> None:
    """So is one whose state is heard of only afterwards."""
    enter(
        follow_id=event.follow_id,
        state=event.state,
        source=event.source,
        at=timezone.now(),
    )


@subscribe(ChannelEntered)
def tag_whom_it_brought(event: ChannelEntered) -> None:
    put_tags_on(follow_id=event.follow_id, at=timezone.now())


@subscribe(ChannelEntered)
def remark_whom_it_brought(event: ChannelEntered) -> None:
    write_remark(follow_id=event.follow_id, at=timezone.now())


@subscribe(EmployeeLeft)
def replace_the_leaver(event: EmployeeLeft) -> None:
    """Old codes keep working when people go."""
    theirs = Channel.objects.published().filter(
        Q(named__contains=[event.employee_id]) | Q(by_department=True)
    )
    for number in theirs.values_list("pk", flat=True):
        look_at(channel_id=number, at=timezone.now())

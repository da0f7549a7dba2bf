"""What codes of groups listen for."""

from apps.events.bus import subscribe
from apps.groups.events import GroupJoined, GroupLeft
from apps.joins.follow import follow_group


@subscribe(GroupJoined)
def see_whether_it_is_full(event: GroupJoined) -> None:
    follow_group(group_id=event.group_id, state=event.state)


@subscribe(GroupLeft)
def see_whether_it_has_room(event: GroupLeft) -> None:
    follow_group(group_id=event.group_id)

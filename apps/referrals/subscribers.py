"""What referrals listen for."""

from collections.abc import Sequence

from apps.autotags.subscribers import add_scene
from apps.campaigns.models import Campaign
from apps.channels.events import ChannelEntered
from apps.channels.states import BETWEEN
from apps.common.clock import now
from apps.common.lanes import Lane
from apps.contacts.events import (
    ContactsMerged,
    FollowEnded,
    FollowStarted,
    MergeUndone,
)
from apps.contacts.models import Follow
from apps.events.bus import subscribe
from apps.groups.events import GroupJoined, GroupLeft
from apps.groups.models import Stay
from apps.referrals import prizes
from apps.referrals.attribute import attribute, look_again
from apps.referrals.doors import replace
from apps.referrals.events import TallyChanged
from apps.referrals.models import Referral
from apps.referrals.scenes import BROUGHT
from apps.staff.events import EmployeeLeft
from apps.staff.models import Employee

add_scene(BROUGHT)


def by_an_invite(events: Sequence[ChannelEntered]) -> list[bool]:
    return [bool(event.ref) for event in events]


def of_a_helper(events: Sequence[FollowEnded]) -> list[bool]:
    """Only the ends of follows that began by an invite."""
    numbers = [event.follow_id for event in events]
    rows = Follow.objects.filter(pk__in=numbers, state__contains=BETWEEN)
    theirs = set(rows.values_list("pk", flat=True))
    return [event.follow_id in theirs for event in events]


def known_by_an_invite(events: Sequence[FollowStarted]) -> list[bool]:
    """Of whom has come by an invite: they may have been a friend before that."""
    rows = Follow.objects.filter(
        identity__contact__in=[event.contact_id for event in events],
        state__contains=BETWEEN,
    )
    theirs = set(rows.values_list("identity__contact", flat=True))
    return [
        BETWEEN not in event.state and event.contact_id in theirs for event in events
    ]


def whose(follow_id: int) -> int | None:
    """The contact of today: two may have been merged since."""
    rows = Follow.objects.filter(pk=follow_id)
    return rows.values_list("identity__contact", flat=True).first()


@subscribe(ChannelEntered, only=by_an_invite)
def attribute_the_entry(event: ChannelEntered) -> None:
    look_at(event.follow_id)


@subscribe(FollowEnded, only=of_a_helper)
def recount_the_leaver(event: FollowEnded) -> None:
    look_at(event.follow_id)


@subscribe(FollowStarted, only=known_by_an_invite)
def recount_an_old_friend(event: FollowStarted) -> None:
    look_at(event.follow_id)


def of_a_group_that_counts(events: Sequence[GroupJoined | GroupLeft]) -> list[bool]:
    """Of whoever came by an invite of a campaign that asks for groups."""
    rows = Referral.objects.filter(
        contact__in={event.contact_id for event in events},
        campaign__kind=Campaign.Kind.GROUP,
    )
    wanted = {
        (contact_id, group_id)
        for contact_id, terms in rows.values_list("contact", "campaign__terms")
        for group_id in terms.get("groups", ())
    }
    return [(event.contact_id, event.group_id) in wanted for event in events]


@subscribe(GroupJoined, only=of_a_group_that_counts)
def recount_who_joined(event: GroupJoined) -> None:
    look_at_member(event)


@subscribe(GroupLeft, only=of_a_group_that_counts)
def recount_who_left_a_group(event: GroupLeft) -> None:
    look_at_member(event)


def look_at_member(event: GroupJoined | GroupLeft) -> None:
    rows = Stay.objects.filter(pk=event.stay_id)
    today = rows.values_list("identity__contact", flat=True).first()
    contact_id = today or event.contact_id  # two may have been merged since
    if contact_id is not None:
        attribute(contact_id=contact_id, at=now())


def look_at(follow_id: int) -> None:
    contact_id = whose(follow_id)
    if contact_id is not None:
        attribute(contact_id=contact_id, at=now())


@subscribe(ContactsMerged, lane=Lane.BULK)
def recount_both(event: ContactsMerged) -> None:
    recount_after_a_merge(event.contact_id, event.other_id)


@subscribe(MergeUndone, lane=Lane.BULK)
def recount_both_again(event: MergeUndone) -> None:
    recount_after_a_merge(event.contact_id, event.other_id)


def recount_after_a_merge(*contact_ids: int | None) -> None:
    """What they helped is counted anew, and whoever helped them a little later."""
    theirs = sorted({pk for pk in contact_ids if pk is not None})
    look_again(Referral.objects.filter(invite__contact__in=theirs), at=now())
    for contact_id in theirs:
        attribute(contact_id=contact_id, at=now())


@subscribe(TallyChanged)
def award_what_is_reached(event: TallyChanged) -> None:
    """In a delivery of its own: whoever comes last sees what all have brought."""
    prizes.settle(invite_id=event.invite_id, at=now())


@subscribe(EmployeeLeft, lane=Lane.BULK)
def replace_the_leaver(event: EmployeeLeft) -> None:
    account = Employee.objects.filter(pk=event.employee_id)
    for wecom_id in account.values_list("wecom_id", flat=True):
        replace(account=wecom_id, at=now())

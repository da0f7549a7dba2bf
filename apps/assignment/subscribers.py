"""What assignment listens for: whoever is new is given to somebody, and their lead has
its first task once somebody looks after them.

Who came by a channel code is dealt out once the code is known, so that rules may ask
for it.
"""

from collections.abc import Sequence

from apps.assignment.assign import assign
from apps.assignment.by_grade import assign_by_grade
from apps.assignment.events import OwnerChanged
from apps.assignment.handover_results import transfer_failed
from apps.assignment.models import AssignmentRule
from apps.channels.events import ChannelEntered
from apps.channels.models import Channel
from apps.channels.states import parted
from apps.common.clock import now
from apps.contacts.events import ContactCreated, FollowStarted, TransferFailed
from apps.events.bus import subscribe
from apps.events.event import Event
from apps.events.models import EventRecord
from apps.followups.owner_found import owner_found, waiting_for_an_owner
from apps.scoring.events import GradeChanged

OURS = (EventRecord.Source.PERSON, EventRecord.Source.CLIENT)


def a_rule_waits(events: Sequence[Event]) -> list[bool]:
    return [AssignmentRule.objects.on().exists()] * len(events)


def of_strangers(events: Sequence[ContactCreated]) -> list[bool]:
    """Somebody brought them, or another system told of them: nobody was added."""
    waits = AssignmentRule.objects.on().exists()
    return [waits and event.source in OURS for event in events]


@subscribe(FollowStarted, only=a_rule_waits)
def assign_whom_we_added(event: FollowStarted) -> None:
    ours = parted(event.state)[0]
    by_code = ours and Channel.objects.filter(state=ours).exists()
    if not by_code and event.contact_id is not None:
        assign([event.contact_id], at=now())


@subscribe(ChannelEntered, only=a_rule_waits)
def assign_who_came_by_a_code(event: ChannelEntered) -> None:
    if event.contact_id is not None:
        assign([event.contact_id], at=now())


@subscribe(ContactCreated, only=of_strangers)
def assign_strangers(event: ContactCreated) -> None:
    if event.contact_id is not None:
        assign([event.contact_id], at=now())


def of_waiting_leads(events: Sequence[OwnerChanged]) -> list[bool]:
    """Nobody looked after them, now somebody does, and has something to do first."""
    found = {
        event.contact_id
        for event in events
        if event.employee_id is not None and event.before_id is None
    }
    waits = waiting_for_an_owner(pk for pk in found if pk is not None)
    return [event.contact_id in found & waits for event in events]


@subscribe(OwnerChanged, only=of_waiting_leads)
def demand_a_first_contact(event: OwnerChanged) -> None:
    if event.contact_id is not None:
        owner_found(contacts=[event.contact_id], at=event.at)


@subscribe(GradeChanged, only=a_rule_waits)
def assign_who_came_into_a_grade(event: GradeChanged) -> None:
    if event.contact_id is not None:
        assign_by_grade(event.contact_id, at=now())


@subscribe(TransferFailed)
def note_who_was_not_handed_over(event: TransferFailed) -> None:
    if event.contact_id is not None:
        transfer_failed(
            contact_id=event.contact_id,
            taker_id=event.employee_id,
            reason=event.reason,
            at=event.at,
        )

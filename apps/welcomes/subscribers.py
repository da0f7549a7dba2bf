"""What welcomes listen for: in a lane of their own, which waits for nothing else."""

from collections.abc import Sequence

from apps.common.clock import now
from apps.common.lanes import Lane
from apps.contacts.events import FollowStarted, WelcomeAllowed
from apps.events.bus import subscribe
from apps.events.models import EventRecord
from apps.welcomes.greet import greet

Allowed = FollowStarted | WelcomeAllowed


def allowed(events: Sequence[FollowStarted]) -> list[bool]:
    return [bool(event.welcome_code) for event in events]


def told_without(events: Sequence[FollowStarted]) -> list[bool]:
    """What is read from WeCom never comes with a code."""
    told = EventRecord.Source.CALLBACK
    return [event.source == told and not event.welcome_code for event in events]


@subscribe(FollowStarted, lane=Lane.WELCOME, only=allowed)
def greet_a_new_friend(event: FollowStarted) -> None:
    greet_for(event)


@subscribe(WelcomeAllowed, lane=Lane.WELCOME)
def greet_whom_we_know(event: WelcomeAllowed) -> None:
    """They were connected already when WeCom allowed it."""
    greet_for(event)


@subscribe(FollowStarted, only=told_without)
def note_who_may_not_be_greeted(event: FollowStarted) -> None:
    greet_for(event)


def greet_for(event: Allowed) -> None:
    greet(
        contact_id=event.contact_id or 0,
        follow_id=event.follow_id,
        employee_id=event.employee_id,
        state=event.state,
        welcome_code=event.welcome_code,
        told_at=event.at,
        at=now(),
    )

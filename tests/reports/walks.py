"""Contacts who walk to an order: by channels, colleagues and campaigns."""

from datetime import date
from typing import Any

from apps.campaigns.models import Campaign, Participation
from apps.channels.models import Channel, Entry
from apps.contacts.models import Contact
from apps.referrals.models import Invite, Referral
from apps.reports.paths import Asked
from apps.reports.touches import GOALS, KINDS
from apps.staff.models import Employee
from tests import make
from tests.conftest import day

MARCH = {"first": date(2026, 3, 1), "last": date(2026, 3, 31)}


def asked(goal: str = "first", by: str = "channel", **fields: Any) -> Asked:
    fields = MARCH | {"window": 30} | fields
    return Asked(goal=GOALS[goal], by=KINDS[by], **fields)


def comes(
    contact: Contact,
    channel: Channel,
    at: float,
    *,
    employee: Employee | None = None,
    **fields: Any,
) -> Entry:
    """Through a door on that day of March; `fields` are of the connection."""
    started = day(at)
    follow = make.follow(contact, employee=employee, started_at=started, **fields)
    return Entry.objects.create(
        channel=channel,
        follow=follow,
        contact=contact,
        employee=follow.employee,
        at=started,
    )


def buys(contact: Contact, at: float, amount: int = 10_000):
    return make.order(contact, placed_at=day(at), paid_at=day(at), amount=amount)


def campaign(
    name: str = "老带新", channel: Channel | None = None, **fields: Any
) -> Campaign:
    told = {"kind": "referral", "status": "launched", "starts_at": day(1)}
    told |= {"ends_at": day(61), "slug": f"c{next(make.number)}", "channel": channel}
    return Campaign.objects.create(name=name, **told | fields)


def invites(inviter: Contact, to: Campaign, helper: Contact, at: float, **fields: Any):
    """The inviter takes part, and brings a helper on that day."""
    Participation.objects.get_or_create(
        campaign=to, contact=inviter, defaults={"joined_at": day(at - 0.5)}
    )
    invite, _made = Invite.objects.get_or_create(
        campaign=to, contact=inviter, defaults={"ref": f"r{next(make.number)}"}
    )
    return Referral.objects.create(
        campaign=to, invite=invite, contact=helper, at=day(at), **fields
    )

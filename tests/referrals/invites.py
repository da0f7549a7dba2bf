"""Builders for campaigns with invites, and friends who come by them."""

from datetime import datetime
from typing import Any

from apps.campaigns.models import Campaign
from apps.channels.models import Channel
from apps.contacts.models import Contact, Follow
from apps.referrals.attribute import attribute
from apps.referrals.count import tally
from apps.referrals.invite import issue_invite
from apps.referrals.models import Credit, Invite
from tests import make
from tests.conftest import day

CONTACT = Follow.EndedBy.CONTACT


def a_channel(**more: Any) -> Channel:
    number = next(make.number)
    return Channel.objects.create(
        **{
            "name": f"活动 {number}",
            "state": f"c{number:010}",
            "status": Channel.Status.PUBLISHED,
            "plan": {"always": True, "people": []},
            "config_id": f"cfg{number}",
            "held": {"user": ["ann"], "skip_verify": True, "remark": "活动"},
        }
        | more
    )


def a_campaign(**more: Any) -> Campaign:
    """Open from the first of March to the last, with as few rules as can be."""
    number = next(make.number)
    more = {"channel": more.pop("channel", None) or a_channel(), **more}
    return Campaign.objects.create(
        **{
            "kind": Campaign.Kind.REFERRAL,
            "name": f"老带新 {number}",
            "slug": f"s{number}",
            "status": Campaign.Status.LAUNCHED,
            "starts_at": day(1, hour=0),
            "ends_at": day(31),
            "launched_at": day(1, hour=0),
        }
        | more
    )


def an_invite(campaign: Campaign | None = None, **more: Any) -> Invite:
    return issue_invite(
        campaign=campaign or a_campaign(),
        contact=more.get("contact") or make.contact(f"邀请人{next(make.number)}"),
        at=more.get("at") or day(1),
    )


def comes_by(
    invite: Invite,
    helper: Contact | None = None,
    *,
    at: datetime,
    left_at: datetime | None = None,
    ended_by: str = CONTACT,
    work: bool = True,
    **more: Any,
) -> Contact:
    """Somebody scans it, and perhaps leaves; it is looked at a month later."""
    helper = helper or make.contact(f"朋友{next(make.number)}")
    ended = {"ended_at": left_at, "ended_by": ended_by} if left_at else {}
    make.follow(helper, started_at=at, state=invite.state, **ended, **more)
    if work:
        attribute(contact_id=helper.pk, at=day(40))
    return helper


def account(invite: Invite) -> list[tuple[str, int, int]]:
    """Its lines by when they count, as kind, number and points."""
    rows = Credit.objects.filter(invite=invite).order_by("at", "pk")
    return list(rows.values_list("kind", "number", "points"))


def comes_to(invite: Invite) -> int:
    return tally(invite)


def referral_of(helper: Contact, invite: Invite):
    return helper.helped.get(campaign=invite.campaign)

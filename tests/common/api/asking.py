"""Whoever may ask an endpoint: another system, a visitor, or anybody."""

from typing import Any

from django.test import Client

from apps.campaigns.join import join
from apps.campaigns.keep import Prize
from apps.campaigns.models import Team
from apps.campaigns.reward import grant
from apps.common.api.schema import document
from apps.contacts.models import Contact
from apps.referrals.invite import issue_invite
from tests import make
from tests.campaigns.given import a_campaign
from tests.conftest import day
from tests.miniprogram.client import signed_in
from tests.orders.telling import Shop

MADE = document()


def shows(method: str, path: str) -> str:
    """What lets in: "key", "token", or "" where nothing does."""
    [asked] = MADE["paths"][path][method].get("security", [{}])
    return next(iter(asked), "")


class Anybody:
    contact = None

    def __init__(self) -> None:
        self.http, self.headers = Client(raise_request_exception=False), {}


def asker(method: str, path: str) -> Any:
    """Somebody with `http` and `headers` that let in."""
    match shows(method, path):
        case "key":
            asks: Any = Shop(make.key(of=make.client(per_minute=60_000)))
            asks.contact = None
        case "token":
            contact = make.contact("访客")
            asks = signed_in(contact)
            asks.contact = contact
        case _:
            asks = Anybody()
    return asks


def of_a_campaign(contact: Contact) -> dict[str, Any]:
    """What stands in addresses of campaigns, of somebody who takes part and has won."""
    prize = Prize(name="茶杯", needed=1, initial=5)
    campaign = a_campaign(prize)
    issue_invite(campaign=campaign, contact=contact, at=day(2))
    mine = join(campaign=campaign, contact=contact, at=day(2))
    reward = campaign.rewards.get()
    team = Team.objects.create(
        campaign=campaign, ref="t1", size=2, opened_at=day(2), ends_at=day(3)
    )
    team.members.create(participation=mine, contact=contact, joined_at=day(2))
    won = grant(reward=reward, participation=mine, at=day(2))
    return {
        "slug": campaign.slug,
        "reward_id": reward.pk,
        "ref": team.ref,
        "code": won.redeem_code,
        "grant_id": won.pk,
    }

"""What the document says is told to each endpoint, and whom it may be told of."""

from typing import Any

from django.utils import timezone

from apps.campaigns.api import EXAMPLE as REDEEMED
from apps.campaigns.join import join
from apps.campaigns.keep import Prize
from apps.campaigns.models import Grant, Reward
from apps.campaigns.reward import grant
from apps.common.api.schema import document
from apps.contacts.models import Contact
from apps.miniprogram import api, me_api
from apps.miniprogram.models import Token
from apps.miniprogram.tokens import RENEWS, digests, open_session
from apps.sandbox.corp import Corp
from tests import make
from tests.campaigns.given import a_campaign
from tests.conftest import day

MADE = document()
TOLD = [
    (path, methods["post"]["requestBody"])
    for path, methods in MADE["paths"].items()
    if "requestBody" in methods.get("post", {})
]
JSON = "application/json"


def example_of(body: dict) -> dict:
    [example] = body["content"][JSON]["examples"].values()
    return example["value"]


def known() -> dict[str, Any]:
    """The numbers in addresses: of somebody with a lead, a task and points enough."""
    linjing = make.employee("林静", wecom_id="linjing")
    contact = make.contact(owner=linjing)
    make.points_entry(contact, points=1_000)
    return {
        "contact_id": contact.pk,
        "lead_id": make.lead(contact).pk,
        "task_id": make.task(contact, employee=linjing).pk,
    }


def a_prize(contact: Contact) -> dict[str, Any]:
    """That they have won, under the code that the example shows."""
    prize = Prize(name="茶具", kind=Reward.Kind.PHYSICAL, needed=1, initial=1)
    campaign = a_campaign(prize)
    mine = join(campaign=campaign, contact=contact, at=day(2))
    won = grant(reward=campaign.rewards.get(), participation=mine, at=day(2))
    Grant.objects.filter(pk=won.pk).update(redeem_code=REDEEMED["code"])
    return {"grant_id": won.pk}


def make_codes_good(corp: Corp) -> None:
    """Those of WeChat that the examples show, and the token that renews."""
    corp.do("open_miniprogram", code=api.CODE["code"])
    corp.do("give_phone", code=me_api.PHONE_CODE["code"], phone="13800000001")
    open_session(make.contact("访客"), at=timezone.now())
    [digest, *_older] = digests(api.TOKEN["refresh_token"])
    token = Token.objects.get(kind=Token.Kind.REFRESH)
    Token.objects.create(
        session=token.session,
        kind=token.kind,
        digest=digest,
        expires_at=timezone.now() + RENEWS,
    )

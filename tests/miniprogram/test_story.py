"""From the phone to the prize: signed in by WeChat, friends scan, one leaves."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.campaigns.keep import Prize
from apps.contacts.tasks import compare
from apps.referrals.models import Invite
from tests import make
from tests.campaigns.given import a_campaign, conserved
from tests.miniprogram.client import Phone
from tests.orders.telling import Shop
from tests.referrals.invites import a_channel

HOURS = timedelta(hours=1)


@pytest.fixture
def happens(corp, wecom, work_off):
    """It is done in WeCom, told to us, and worked off; who is one person is seen by
    the clock."""

    def happens(act: str, **about):
        done = corp.do(act, **about)
        for news in done["news"]:
            answer = wecom.put(news["message"], receiver=news["receiver"])
            assert answer.status_code == 200
        work_off()
        compare()
        work_off()
        return done

    return happens


@pytest.fixture
def campaign(corp, transactional_db):
    with corp.changing():
        corp.run("INSERT INTO department (id, name, parentid) VALUES (1, '公司', 0)")
    corp.do("employee_create", userid="ann", name="安", departments=[1])
    make.employee("ann", wecom_id="ann")
    now = timezone.now()
    return a_campaign(
        Prize(name="茶杯", needed=2, initial=1),
        award="claimed",
        deduction="before_award",
        channel_id=a_channel().pk,
        starts_at=now - 2 * HOURS,
        ends_at=now + 24 * HOURS,
        at=now - 2 * HOURS,
    )


def test_two_friends_bring_the_cup_and_who_leaves_afterwards_takes_it_from_nobody(
    sandbox, corp, campaign, happens
):
    phone = Phone(corp, external_userid="wmann", unionid="oAnn", type=1, name="张三丰")
    assert phone.sign_in().status_code == 201
    path = f"campaigns/{campaign.slug}"
    prize = phone.get(path).json()["prizes"][0]
    ref = phone.post(f"{path}/invite").json()["ref"]
    state = Invite.objects.select_related("campaign__channel").get(ref=ref).state
    claim = f"{path}/prizes/{prize['id']}/claim"

    happens("add", userid="ann", external_userid="wmfriend1", state=state, type=1)
    assert phone.post(claim).status_code == 409
    happens("add", userid="ann", external_userid="wmfriend2", state=state, type=1)
    # herself, by WeCom: the union id says so
    happens("add", userid="ann", external_userid="wmann", state=state)
    assert phone.get(f"{path}/progress").json()["helpers"] == 2
    won = phone.post(claim)
    assert won.status_code == 201
    happens("customer_leaves", userid="ann", external_userid="wmfriend1")

    assert phone.get(f"{path}/progress").json()["helpers"] == 1
    [mine] = phone.get("me/prizes").json()["data"]
    assert mine == won.json()
    assert conserved(campaign.rewards.get())
    shop = Shop(make.key("prizes:redeem"))
    used = shop.tell({"code": mine["redeem_code"]}, address="/api/v1/redemptions")
    assert used.json()["status"] == "delivered"
    # the last cup is won, so it is over
    assert phone.get(path).json()["state"] == "over"

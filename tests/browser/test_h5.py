"""A participant opens her own page on a phone: poster, helpers, a prize claimed and
where to send it. Nothing sticks out, nothing is asked of another host."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.campaigns.keep import Prize
from apps.campaigns.models import Campaign, Grant
from apps.h5.link import address_of, give_link
from apps.referrals.models import Credit, Invite, Referral
from tests import make
from tests.browser.conftest import PHONE, fits

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "https://work.weixin.qq.com/ca/cawcde0123456789"


def she_has_helpers(*names: str):
    now = timezone.now()
    campaign = make.campaign(
        Prize(name="陶瓷杯", kind="physical", needed=2, initial=50),
        Prize(name="护肤礼盒（春季限量装）", kind="physical", needed=5, initial=10),
        name="春季护肤礼盒，邀请好友免费领",
        starts_at=now - timedelta(days=1),
        ends_at=now + timedelta(days=3),
        award=Campaign.Award.CLAIMED,
        rules="邀请新好友扫码添加，好友须为首次添加。\n奖品数量有限，先到先得。",
    )
    mine = give_link(
        campaign=campaign, contact=make.contact("欧阳小雨🌸"), by=None, at=now
    )
    Invite.objects.update(config_id="c", qr_text=CODE, direct=len(names))
    invite = Invite.objects.get()
    for name in names:
        told = {"campaign": campaign, "invite": invite, "at": now}
        referral = Referral.objects.create(contact=make.contact(name), **told)
        Credit.objects.create(
            referral=referral, invite=invite, kind="helped", points=1, at=now
        )
    return mine


def test_she_sees_her_poster_and_helpers_and_claims_a_prize(page: Page, live_server):
    mine = she_has_helpers("诸葛孔明", "司马光", "<img src=x onerror=alert(1)>")
    page.set_viewport_size(PHONE)
    page.goto(live_server.url + address_of(mine))

    expect(page.locator(".many")).to_contain_text("3 位好友已助力")
    expect(page.locator(".clock")).to_contain_text("2 天")
    expect(page.get_by_alt_text("我的海报")).to_be_visible()
    expect(page.get_by_text("诸**明")).to_have_count(1)
    assert fits(page)

    page.get_by_role("button", name="领取").click()
    page.get_by_label("收件人").fill("欧阳")
    page.get_by_label("手机号").fill("13800001402")
    page.get_by_label("收货地址").fill("上海市人民路 1 号")
    page.get_by_role("button", name="保存地址").click()

    expect(page.get_by_text("将寄往你填写的地址")).to_be_visible()
    assert Grant.objects.get().address
    page.goto(f"{live_server.url}/h5/{mine.campaign.slug}/")
    expect(page.get_by_text("欧阳小雨")).to_have_count(0)
    assert fits(page)

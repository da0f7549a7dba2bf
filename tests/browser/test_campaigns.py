"""A referral is set up from what is ready-made, mended where it is not fit, launched;
who won is found, and handed their prize."""

import pytest
from playwright.sync_api import Page, expect

from apps.campaigns.models import Campaign, Grant
from apps.campaigns.reward import award_due
from tests import make
from tests.browser.test_channels import find
from tests.campaigns.given import conserved
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_referral_is_launched_and_a_prize_is_handed_out(
    page: Page, live_server, sign_in
):
    make.employee("林静", wecom_id="ann")
    sign_in(role="admin")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/admin/campaigns/campaign/build/")
    page.get_by_text("任务宝").click()
    page.locator("[name=name]").fill("老友带新友")
    expect(page.locator(".phone-title")).to_have_text("老友带新友")
    page.locator(".campaign-prize").nth(2).get_by_role("button").click()
    page.locator(".campaign-prize").nth(1).get_by_label("库存").fill("0")
    find(page, "＋ 按姓名添加员工", "林静")
    page.get_by_role("button", name="检查并发布").click()

    wrong = page.locator(".campaign-prize .campaign-wrong:visible")
    expect(wrong).to_have_text("库存有多少？")
    page.locator(".campaign-prize").nth(1).get_by_label("库存").fill("5")
    page.get_by_role("button", name="检查并发布").click()
    expect(page.locator(".who-head .badge")).to_have_text("进行中")

    campaign = Campaign.objects.get()
    assert campaign.channel is not None
    assert [row.name for row in campaign.rewards.all()] == ["100 积分", "定制水杯"]
    Campaign.objects.update(starts_at=day(1))
    campaign.refresh_from_db()
    mine = make.participation(make.contact("张三丰"), in_campaign=campaign)
    award_due(participation=mine, tally=8, at=day(3))

    page.goto(f"{live_server.url}/admin/campaigns/grant/?status=granted")
    page.get_by_label("勾选 定制水杯").check()
    page.get_by_placeholder("快递单号").fill("顺丰 SF1")
    page.get_by_role("button", name="发放", exact=True).click()
    expect(page.locator("body")).to_contain_text("已发放 1 份")
    cup = Grant.objects.get(reward__name="定制水杯")
    assert (cup.status, cup.proof) == ("delivered", "顺丰 SF1")
    assert all(conserved(row) for row in campaign.rewards.all())

"""Two people claim the same customer at once; a rule is made and tried on yesterday."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.assignment.assign import general_pool
from apps.assignment.give import give
from apps.assignment.models import Assignment, AssignmentRule
from tests import make
from tests.assignment.rules import leads
from tests.browser.test_channels import find

pytestmark = pytest.mark.django_db(transaction=True)


def test_of_two_who_claim_at_once_one_gets_them_and_the_other_is_told_who(
    page: Page, live_server, sign_in, browser
):
    pool = general_pool()
    [contact] = leads(1)
    give(contact=contact, pool=pool, how="return", at=timezone.now(), why="电话空号")
    address = f"{live_server.url}/admin/assignment/pool/{pool.pk}/change/"
    sign_in(role="employee", employee=make.employee("林静"))
    page.goto(address)
    expect(page.locator("table.rows")).to_contain_text("电话空号")
    context = browser.new_context(locale="zh-CN")
    other = context.new_page()
    user = make.user(role="employee", employee=make.employee("周明"))
    other.goto(f"{live_server.url}/admin/login/")
    other.get_by_label("登录名").fill(user.username)
    other.get_by_label("密码").fill(make.PASSWORD)
    other.get_by_role("button", name="登录").click()
    other.wait_for_url(f"{live_server.url}/admin/")
    other.goto(address)

    page.get_by_role("button", name="领取").click()
    expect(page.get_by_text("已归你负责")).to_be_visible()
    other.get_by_role("button", name="领取").click()

    expect(other.get_by_text("已被同事先一步领取")).to_be_visible()
    expect(other.locator("body")).to_contain_text("林静")
    assert str(Assignment.objects.open().get().employee) == "林静"
    context.close()


def test_a_rule_is_made_tried_on_yesterday_and_switched_on(
    page: Page, live_server, sign_in
):
    ann = make.employee("林静")
    make.employee("周明")
    yesterday = timezone.now() - timedelta(days=1)
    for contact in leads(4, at=yesterday):
        give(contact=contact, employee=ann, how="rule", at=yesterday)
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/assignment/assignmentrule/build/")
    page.locator("[name=name]").fill("新客轮流")
    expect(page.locator(".channel-wrong:visible")).to_contain_text("没有可以分配的员工")
    find(page, "＋ 按姓名添加员工", "林静")
    find(page, "＋ 按姓名添加员工", "周明")
    expect(page.locator(".channel-wrong:visible")).to_have_count(0)
    expect(page.locator("[data-grid]")).to_contain_text("下一位客户归他")

    page.get_by_role("button", name="模拟分配").click()
    expect(page.locator("[data-simulated]")).to_contain_text("4 位新客户")
    expect(page.locator("[data-simulated] table")).to_contain_text("周明")
    page.get_by_role("button", name="保存并启用").click()

    page.wait_for_url("**/change/")
    rule = AssignmentRule.objects.get()
    assert rule.is_on and len(rule.plan["people"]) == 2

"""A rule that puts tags on is tried while it is made, then kept and switched on."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.autotags.models import TagRule
from apps.tags.models import TagGroup
from tests import make

pytestmark = pytest.mark.django_db(transaction=True)


def test_whom_it_would_hit_is_seen_before_it_is_switched_on(
    page: Page, live_server, sign_in
):
    make.tag("回访", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")
    for days, name, standing in ((1, "走了的", "left"), (2, "还在的", "friend")):
        contact = make.contact(name, standing=standing)
        at = timezone.now() - timedelta(days=days)
        make.event("FollowStarted", at=at, contact=contact, follow_id=days)
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/autotags/tagrule/build/")
    many, keys = page.locator(".builder-count b"), page.keyboard

    expect(many).to_have_text("2")
    page.get_by_label("发生的事").select_option("group")
    expect(many).to_have_text("0")
    page.get_by_label("发生的事").select_option("follow")
    expect(many).to_have_text("2")

    page.get_by_role("button", name="条件", exact=True).click()
    page.locator(".tree-field").select_option("standing")
    page.locator("[data-row] .tree-value input").focus()
    keys.type("已删除我们")
    expect(page.locator(".tree-pop:visible .pop-item")).to_have_count(1)
    keys.press("Enter")
    expect(many).to_have_text("1")
    expect(page.locator(".people li")).to_contain_text(["走了的"])
    expect(page.locator(".builder-sentence")).to_contain_text("已删除我们")

    page.locator(".builder-names .tree-pick input").focus()
    keys.type("回访")
    expect(page.locator(".tree-pop:visible .pop-item")).to_contain_text(["回访"])
    keys.press("Enter")
    page.get_by_label("规则名称").fill("走了再回访")
    keys.press("Enter")
    expect(page.locator(".who-is")).to_have_text("走了再回访")
    assert not TagRule.objects.get().is_on

    page.get_by_role("button", name="启用").click()
    expect(page.get_by_role("button", name="停用")).to_be_visible()
    rule = TagRule.objects.get()
    assert (rule.is_on, rule.scene) == (True, "follow")
    assert rule.rule == {"all": [{"field": "standing", "op": "any", "value": ["left"]}]}

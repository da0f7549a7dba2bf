"""Tags are kept in order: made, moved by keys and by hand, renamed on a phone."""

import pytest
from playwright.sync_api import Page, expect

from apps.tags import keep_order
from apps.tags.models import TagGroup
from tests import make
from tests.browser.conftest import fits

pytestmark = pytest.mark.django_db(transaction=True)
PHONE = {"width": 390, "height": 844}


def names() -> list[str]:
    return [t.name for t in keep_order.standing_tags(TagGroup.objects.get(name="意向"))]


def test_a_group_is_made_and_its_tags_are_put_in_order(
    page: Page, live_server, sign_in
):
    make.tag("金", group=make.tag_group("客户等级"))
    sign_in(role="manager")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/admin/tags/taggroup/")

    page.get_by_text("新建标签组").click()
    page.get_by_label("标签组名称").fill("意向")
    page.get_by_placeholder("每行一个，或用逗号隔开").fill("高\n中\n低")
    page.get_by_role("button", name="新建", exact=True).click()
    expect(page.locator("tbody .row-link")).to_have_text(["高", "中", "低"])

    page.get_by_role("button", name="移动「低」：按上下方向键，或拖动").focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.locator("[data-arrange-told]")).to_have_text("已保存。")
    assert names() == ["低", "高", "中"]

    grips = page.locator(".grip")
    grips.nth(0).hover()
    page.mouse.down()
    below = grips.nth(2).bounding_box()
    page.mouse.move(below["x"] + 5, below["y"] + below["height"] + 8, steps=6)
    with page.expect_response(lambda answer: answer.url.endswith("/move/")):
        page.mouse.up()
    expect(page.locator("tbody .row-link")).to_have_text(["高", "中", "低"])
    assert names() == ["高", "中", "低"]

    page.set_viewport_size(PHONE)
    page.get_by_text("修改", exact=True).nth(1).click()
    page.get_by_label("标签名称").nth(1).fill("一般")
    page.get_by_role("button", name="改名", exact=True).click()
    expect(page.locator("tbody .row-link")).to_have_text(["高", "一般", "低"])
    assert fits(page)

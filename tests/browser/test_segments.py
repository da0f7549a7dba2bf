"""An audience is described without a mouse, looked into, saved, used as a filter; or
found on the heat map of RFM, and put in order with the mouse."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.segments.models import Refresh
from apps.segments.refresh import refresh
from apps.staff.models import Reach
from tests import make
from tests.browser.conftest import PHONE
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


def choose(page: Page, field: str, op: str = "") -> None:
    """In the condition that has just got the focus."""
    row = page.locator("[data-row]:has(.tree-field:focus)")
    row.locator(".tree-field").select_option(field)
    if op:
        row.locator(".tree-op").select_option(op)
    row.locator(".tree-value input").first.focus()  # as soon as it is there


def work() -> None:
    """What a worker does when the bell rings."""
    for job in Refresh.objects.filter(status="waiting"):
        refresh(segment_id=job.of_id, at=day(9))
        Refresh.objects.filter(pk=job.pk).update(status="done")


@pytest.mark.parametrize("size", [None, PHONE], ids=["desktop", "phone"])
def test_five_conditions_without_a_mouse(page: Page, live_server, sign_in, size):
    make.user(role="manager")
    Reach.objects.update_or_create(role="manager", defaults={"scope": "all"})
    tag = make.tag("母婴")
    for name, bought in (("买过的", True), ("没买的", False)):
        follow = make.follow(make.contact(name))
        make.tagging(tag, follow)
        if bought:
            make.order(follow.identity.contact, paid_at=day(2))
    make.contact("没标签的")
    sign_in(role="manager")
    if size:
        page.set_viewport_size(size)
    page.goto(f"{live_server.url}/admin/segments/segment/build/")
    keys = page.keyboard

    page.locator(".tree-field").first.focus()
    choose(page, "standing")
    keys.type("好友")
    expect(page.locator(".tree-pop:visible .pop-item")).to_have_count(1)
    keys.press("Enter")
    expect(page.locator(".builder-count b")).to_have_text("3")

    keys.press("Alt+Enter")
    choose(page, "tags")
    keys.type("母婴")
    expect(page.locator(".tree-pop:visible .pop-item")).to_contain_text(["母婴"])
    keys.press("Enter")
    expect(page.locator(".builder-count b")).to_have_text("2")

    keys.press("Alt+Shift+Enter")
    choose(page, "order_count")
    keys.type("1")
    keys.press("Alt+Enter")
    choose(page, "event_count")
    keys.type("3")
    keys.press("Alt+Enter")
    choose(page, "note_count")
    keys.type("2")
    expect(page.locator(".builder-count b")).to_have_text("1")
    expect(page.locator(".builder-sentence")).to_have_text(
        "客户状态是“好友”，且标签包含“母婴”，且（已付款订单数 ≥ 1，或行为次数 ≥ 3，"
        "或跟进记录数 ≥ 2）"
    )
    keys.press("Alt+ArrowLeft")  # the last one out of its group: all must have notes
    expect(page.locator(".builder-count b")).to_have_text("0")
    page.locator("[data-row]:last-child .tree-field").focus()
    keys.press("Alt+Backspace")
    expect(page.locator(".builder-count b")).to_have_text("1")

    page.get_by_role("button", name="为什么").focus()
    keys.press("Enter")
    why = page.locator(".builder-why")
    expect(why).to_contain_text("买过的 在人群中")
    expect(why).to_contain_text("已付款订单数 ≥ 1 实际：1")

    page.get_by_label("人群名称").focus()
    keys.type("母婴老客")
    keys.press("Enter")
    expect(page.locator(".who-is")).to_have_text("母婴老客")
    work()
    page.reload()
    page.get_by_role("link", name="在客户列表中打开").focus()
    keys.press("Enter")
    expect(page.locator(".row-link")).to_have_text(["买过的"])
    if size:
        page.goto(f"{live_server.url}/admin/segments/segment/build/?audience=second")
        wide = "document.documentElement.scrollWidth"
        assert page.evaluate(wide) <= size["width"]


def test_the_heat_map_leads_to_its_people_and_rows_are_dragged(
    page: Page, live_server, sign_in
):
    for number in range(6):
        at = timezone.now() - timedelta(days=30 * number + 1)
        for _order in range(1 + number % 2):
            make.order(make.contact(f"买家{number}"), paid_at=at, placed_at=at)
    Reach.objects.update_or_create(role="manager", defaults={"scope": "all"})
    sign_in(role="manager")
    page.goto(f"{live_server.url}/admin/segments/segment/rfm/?n=3")

    cell = page.locator(".rfm-heat a").first
    many = cell.inner_text()
    cell.click()
    expect(page.locator(".builder-count b")).to_have_text(many)
    expect(page.locator(".people li")).to_have_count(int(many))

    page.locator(".tree-row.is-group .button").nth(1).click()
    inside = page.locator("[data-row][aria-level='3']")
    expect(inside).to_have_count(1)
    box = page.locator("[data-row].is-group").nth(1).bounding_box()
    assert box
    page.locator("[data-row][aria-level='2'] .tree-grip").first.hover()
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + box["height"] - 4, steps=4)
    page.mouse.up()
    expect(inside).to_have_count(2)
    expect(inside.first.locator(".tree-field")).to_have_value("order_count")
    expect(page.locator(".builder-count b")).to_have_text(many)

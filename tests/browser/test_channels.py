"""A code with a rota is made, its grid looked at, and who is next seen; its poster is
taken away as a picture. A code of groups is put together."""

import base64
import io

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from apps.channels.draw import text_in
from apps.channels.models import Channel
from apps.joins.models import GroupCode
from tests import make
from tests.browser.conftest import PHONE
from tests.channels.doors import wecom_does_all

pytestmark = pytest.mark.django_db(transaction=True)


def find(page: Page, hint: str, term: str) -> None:
    """Type into a box that finds rows, and take the first by keys."""
    box = page.get_by_placeholder(hint)
    box.fill(term)
    found = page.locator(".pop:visible .pop-item")
    expect(found).to_have_count(1)
    expect(found).to_contain_text(term)
    box.press("Enter")


def test_a_code_with_a_week_is_made_its_grid_seen_and_who_is_next(
    page: Page, live_server, sign_in
):
    for name, account in (("林静", "ann"), ("周明", "ben"), ("陈晨", "cat")):
        make.employee(name, wecom_id=account)
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/channels/channel/build/")
    page.locator("[name=name]").fill("旗舰店")
    find(page, "＋ 按姓名添加员工", "林静")
    find(page, "＋ 按姓名添加员工", "周明")
    page.get_by_label("每天全天").uncheck()
    page.get_by_role("button", name="每周时段").click()

    grid = page.locator("[data-grid]")
    expect(page.locator(".channel-wrong:visible")).to_contain_text("没有人接待")
    expect(grid.locator(".grid-nobody").first).to_be_visible()

    find(page, "＋ 按姓名添加员工", "陈晨")
    page.locator(".channel-row", has_text="陈晨").get_by_label("备用").check()
    expect(page.locator(".channel-wrong:visible")).to_have_count(0)
    expect(grid.locator(".grid-nobody rect, rect.grid-nobody")).to_have_count(0)
    expect(grid.locator(".next-list")).to_contain_text("下一位客户归他")
    page.get_by_role("button", name="发布").click()

    expect(page.locator(".who-is")).to_have_text("旗舰店")
    expect(page.locator("tr", has_text="下一位客户归他")).to_have_count(1)
    code = Channel.objects.get()
    assert code.plan["slots"][0]["days"] == [1, 2, 3, 4, 5]

    wecom_does_all()
    Channel.objects.update(qr_text="https://work.weixin.qq.com/ca/x")
    page.reload()
    with page.expect_download() as taken:
        page.get_by_role("button", name="A4 海报（PNG）").click()
    with open(taken.value.path(), "rb") as file:
        written = file.read()
    assert Image.open(io.BytesIO(written)).size == (2480, 3508)
    said = text_in(base64.b64encode(written).decode())
    assert said == "https://work.weixin.qq.com/ca/x"


def test_a_code_of_groups_is_put_together_on_a_phone(page: Page, live_server, sign_in):
    for name in ("母婴一群", "母婴二群"):
        make.group_chat(name)
    sign_in(role="admin")
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/admin/joins/groupcode/build/")
    page.locator("[name=name]").fill("门店群")
    find(page, "＋ 按名称添加群", "母婴一群")
    find(page, "＋ 按名称添加群", "母婴二群")
    page.get_by_role("button", name="上移").click()
    page.get_by_role("button", name="保存并同步到企业微信").click()

    expect(page.locator(".who-is")).to_have_text("门店群")
    rows = page.locator(".card", has_text="下一位客户进哪个群").locator("tbody tr")
    expect(rows.first).to_contain_text("母婴二群")
    assert [str(row.group) for row in GroupCode.objects.get().behind.all()] == [
        "母婴二群",
        "母婴一群",
    ]

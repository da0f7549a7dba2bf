"""A list as people keep it: a view for a colleague, many rows at once, by keyboard."""

import pytest
from playwright.sync_api import Browser, Page, expect

from apps.contacts.models import Contact
from apps.lists.models import Batch
from apps.tags.models import Tagging, TagGroup
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


def people(many: int, **fields) -> list[Contact]:
    return Contact.objects.bulk_create(
        Contact(name=f"客户{n}", kind=1, standing="friend", added_at=day(1), **fields)
        for n in range(many)
    )


def work() -> None:
    """What a worker does when the bell rings."""
    for batch in Batch.objects.filter(status="waiting"):
        Batch.objects.filter(pk=batch.pk).update(attempts=batch.attempts + 1)
        Batch.objects.get(pk=batch.pk).work_off()


def test_a_view_is_kept_and_a_colleague_opens_it_with_his_own_scope(
    page: Page, live_server, sign_in, browser: Browser
):
    sales, care = make.employee("林静"), make.employee("周颖")
    make.contact("张三", owner=sales, standing="left")
    make.contact("李四", owner=care, standing="left")
    make.contact("王五", owner=care)
    sign_in(role="manager", employee=sales)
    page.goto(f"{live_server.url}/admin/contacts/contact/?standing=left")

    page.get_by_text("存为视图").click()
    page.get_by_label("视图名称").fill("流失客户")
    page.get_by_label("谁可以使用").select_option("everybody")
    page.get_by_role("button", name="保存", exact=True).click()

    tab = page.get_by_role("link", name="流失客户")
    expect(tab).to_have_attribute("aria-current", "page")
    expect(tab.locator(".view-count")).to_have_text("2")
    shared = page.url

    theirs = browser.new_context().new_page()
    colleague = make.user(role="employee", employee=care)
    theirs.goto(f"{live_server.url}/admin/login/?next={shared}")
    theirs.get_by_label("登录名").fill(colleague.username)
    theirs.get_by_label("密码").fill(make.PASSWORD)
    theirs.get_by_role("button", name="登录").click()
    theirs.goto(shared)
    expect(theirs.locator(".row-link")).to_have_text(["李四"])
    expect(theirs.locator(".view-tab.here .view-count")).to_have_text("1")
    theirs.context.close()


def test_five_thousand_are_tagged_while_one_leaves_and_comes_back(
    page: Page, live_server, sign_in
):
    me = make.employee()
    tag = make.tag("高意向", group=make.tag_group(kind=TagGroup.Kind.OWN), wecom_id="")
    contacts = people(5_000, owner=me)
    sign_in(role="employee", employee=me)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/admin/contacts/contact/")

    page.locator(".tick-box").first.check()
    page.get_by_role("button", name="全选").click()
    page.locator("#many").get_by_text("添加标签").click()
    page.get_by_role("combobox", name="添加标签").fill("高意")
    page.get_by_role("option", name="高意向").click()
    expect(page.get_by_text("0 / 5,000")).to_be_visible()
    watched = page.url

    page.goto(f"{live_server.url}/admin/")
    expect(page.get_by_role("link", name="进行中")).to_be_visible()
    lost = contacts[10:13]
    Contact.objects.filter(pk__in=[c.pk for c in lost]).update(owner=None)
    work()

    page.goto(watched)
    expect(page.locator("#content").get_by_text("100%")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(3)
    assert Tagging.objects.filter(tag=tag).count() == 4_997

    Contact.objects.filter(pk__in=[c.pk for c in lost]).update(owner=me)
    page.get_by_role("button", name="重试失败的 3 位").click()
    work()
    expect(page.locator("tbody tr")).to_have_count(0)
    assert Tagging.objects.filter(tag=tag).count() == 5_000


def test_the_ticked_rows_are_exported_for_a_reason(page: Page, live_server, sign_in):
    for number in range(3):
        make.contact(f"张{number}", standing="left")
    make.contact("李四")
    sign_in(role="manager")
    page.goto(f"{live_server.url}/admin/contacts/contact/?standing=left")

    for row in (0, 2):
        page.locator(".tick-box").nth(row).check()
    page.locator("#many").get_by_role("button", name="导出").click()

    expect(page.get_by_text("2 行 · 勾选的行")).to_be_visible()
    page.get_by_label("导出用途").fill("回访流失客户")
    page.get_by_role("button", name="导出").click()
    expect(page.locator("dl.facts")).to_contain_text("回访流失客户")


def test_records_are_walked_without_a_mouse(page: Page, live_server, sign_in):
    for number in range(4):
        make.contact(f"张{number}", added_at=day(9 - number))
    make.contact("李四")
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/contacts/contact/?q=zhang")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.get_by_role("link", name="张0")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".place")).to_have_text("1 / 4")
    for place in ("2 / 4", "3 / 4", "4 / 4"):
        page.keyboard.press("]")
        expect(page.locator(".place")).to_have_text(place)
    page.keyboard.press("[")
    expect(page.locator(".who-is")).to_have_text("张2")

    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="键盘快捷键")).to_be_visible()
    page.keyboard.press("Escape")

    # who types is left alone, and the palette remembers what was opened
    page.goto(f"{live_server.url}/admin/contacts/contact/?q=zhang")
    page.keyboard.press("/")
    page.keyboard.type("jjx?")
    expect(page.locator("#searchbar")).to_have_value("jjx?zhang")
    page.keyboard.press("Control+k")
    expect(page.locator(".palette")).to_contain_text("最近打开")
    expect(page.locator(".palette-hit").first).to_contain_text("张2")
    page.keyboard.press("Escape")
    expect(page.locator("#searchbar")).to_be_focused()

"""Through the door, and out again."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import make
from tests.browser.conftest import PHONE, fits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def door(page: Page, live_server) -> Page:
    page.goto(f"{live_server.url}/admin/")
    return page


def try_to_enter(page: Page, username: str, password: str) -> None:
    page.get_by_label("登录名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()


def test_the_right_password_leads_to_where_one_wanted_to_go(page, live_server):
    user = make.user(role="manager")
    page.goto(f"{live_server.url}/admin/sync/pull/")

    try_to_enter(page, user.username, make.PASSWORD)

    expect(page).to_have_url(f"{live_server.url}/admin/sync/pull/")


def test_a_wrong_password_says_the_same_whether_or_not_there_is_such_a_user(door):
    make.user("lin", role="employee")
    told = []
    for username in ("lin", "nobody"):
        try_to_enter(door, username, "wrong")
        told.append(door.get_by_role("alert").inner_text())

    assert told == ["登录名或密码不正确，请重试。"] * 2


def test_ten_wrong_passwords_close_the_door_for_a_while(door):
    user = make.user(role="employee")
    for _ in range(10):
        try_to_enter(door, user.username, "wrong")

    expect(door.get_by_role("heading", name="密码错误次数过多")).to_be_visible()
    number = door.locator("code").inner_text()
    said = door.locator("main").inner_text().replace(number, "")
    assert not re.search("[A-Za-z]{4,}", said)


def test_one_can_change_the_password_and_leave(sign_in, live_server):
    page = sign_in(role="employee")
    new = "a fresh password 1"
    page.goto(f"{live_server.url}/admin/password_change/")
    page.get_by_label("原密码").fill(make.PASSWORD)
    page.get_by_label("新密码", exact=False).first.fill(new)
    page.get_by_label("确认新密码").fill(new)
    page.get_by_role("button", name="修改密码").click()
    expect(page.locator("body")).to_contain_text("密码已修改")

    page.goto(f"{live_server.url}/admin/")
    page.locator("#nav-sidebar").get_by_text("user", exact=False).last.click()
    page.get_by_role("button", name="退出登录").click()

    expect(page.get_by_role("heading", name="已退出登录")).to_be_visible()


def test_the_door_fits_on_a_phone(page, live_server):
    page.set_viewport_size(PHONE)
    page.goto(f"{live_server.url}/admin/login/")

    assert fits(page)
    assert page.get_by_role("button", name="登录").bounding_box()["height"] >= 44

"""The first page of the day, at a desk and on a phone."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests import make
from tests.backoffice.reading import faults
from tests.browser.conftest import PHONE, fits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def morning():
    """Three added and one lost today, and two failed callbacks."""
    now = timezone.now()
    lin = make.employee("林静")
    for name in ("张三丰", "赵敏", "周芷若"):
        make.follow(make.contact(name, added_at=now), employee=lin, started_at=now)
    make.follow(
        make.contact("宋青书"),
        employee=lin,
        started_at=now - timedelta(days=30),
        ended_at=now,
        ended_by="contact",
    )
    for _ in range(2):
        make.callback(status="failed", received_at=now, last_error="出错了")
    return lin


def test_a_number_leads_to_the_people_behind_it(sign_in, morning):
    page = sign_in()
    added = page.get_by_role("link", name="新增客户").first
    expect(added).to_contain_text("3")

    added.click()

    expect(page.locator("tbody tr")).to_have_count(3)
    expect(page.get_by_role("link", name="张三丰")).to_be_visible()


def test_a_day_of_the_chart_leads_to_its_list(sign_in, morning, live_server):
    page = sign_in()
    chart = page.locator("#trend")
    box = chart.bounding_box()

    chart.click(position={"x": box["width"] - 30, "y": box["height"] / 2})

    page.wait_for_url(f"{live_server.url}/admin/changes/added/?on=*")
    expect(page.locator("tbody tr")).to_have_count(3)


def test_what_needs_a_person_stands_on_top_and_leads_there(sign_in, morning):
    page = sign_in()

    page.locator("#troubles").get_by_role("link", name="回调 2").click()

    expect(page.locator("#result_list tbody tr.data-row")).to_have_count(2)


def test_the_header_says_whether_we_are_in_step(sign_in, morning):
    pulse = sign_in().locator("#pulse")

    expect(pulse).to_have_attribute("data-mood", "good")
    expect(pulse.locator(".pulse-text")).to_contain_text("数据同步于")


def test_the_header_turns_amber_by_itself_when_work_waits(sign_in, morning):
    page = sign_in()
    expect(page.locator("#pulse")).to_have_attribute("data-mood", "good")
    long_ago = timezone.now() - timedelta(minutes=2)
    make.callback(received_at=timezone.now(), created_at=long_ago, due_at=long_ago)

    expect(page.locator("#pulse")).to_have_attribute(
        "data-mood", "late", timeout=15_000
    )
    page.locator("#pulse summary").click()
    expect(page.locator(".pulse-reason")).to_contain_text("排队")


def test_somebody_is_found_from_anywhere_by_keyboard_alone(sign_in, morning):
    page = sign_in(role="employee", employee=morning)
    page.keyboard.press("Control+k")
    expect(page.get_by_role("searchbox", name="快速搜索")).to_be_focused()
    page.keyboard.type("zsf")
    expect(page.locator(".palette-hit")).to_have_count(1)

    page.keyboard.press("Enter")

    page.wait_for_url("**/admin/contacts/contact/*/change/")


def test_an_employee_sees_the_own_day(sign_in, morning):
    page = sign_in(role="employee", employee=morning)

    expect(page.get_by_role("link", name="今日新增")).to_contain_text("3")
    expect(page.locator("section", has_text="最近流失")).to_contain_text("宋青书")
    assert faults(page.content(), names=" ") == []


@pytest.mark.parametrize("role", ["manager", "employee"])
def test_it_fits_on_a_phone(sign_in, morning, role):
    page = sign_in(role=role, employee=morning)
    page.set_viewport_size(PHONE)

    assert fits(page)
    figure = page.locator("a.figure").first
    assert figure.bounding_box()["height"] >= 44


@pytest.mark.parametrize(
    "path",
    [
        "changes/added/",
        "wecom/callback/",
        "wecom/command/",
        "events/eventrecord/",
        "events/delivery/",
        "sync/pull/",
        "sync/difference/",
        "staff/user/",
        "staff/user/add/",
    ],
)
def test_every_page_of_ours_fits_on_a_phone(sign_in, morning, live_server, path):
    page = sign_in(role="admin")
    page.set_viewport_size(PHONE)

    page.goto(f"{live_server.url}/admin/{path}")

    assert fits(page)

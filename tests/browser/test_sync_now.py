"""Press "synchronise now" and watch it finish."""

import pytest
from playwright.sync_api import expect

from apps.contacts.models import Contact
from apps.sync.models import Pull
from tests import make, processes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def company(corp, sandbox):
    corp.populate(seed=7, employees=6, contacts=120, groups=6)
    return corp


def test_a_pull_is_started_watched_and_read(sign_in, company):
    page = sign_in()
    page.get_by_role("button", name="立即同步").first.click()
    expect(page.locator(".watched-text")).to_have_text("等待后台处理")

    worker = processes.start("drain")
    expect(page.locator(".watched-text")).to_have_text("已完成", timeout=60_000)
    out, error = worker.communicate(timeout=60)
    assert worker.returncode == 0, f"{out}\n{error}"

    pull = Pull.objects.get()
    assert pull.asked_by is not None
    expect(page.locator(".watched-percent")).to_have_text("100%")
    expect(page.get_by_role("row", name="客户", exact=False).first).to_be_visible()
    assert Contact.objects.count() > 0


def test_a_pull_can_be_stopped(sign_in):
    page = sign_in()
    page.get_by_role("button", name="立即同步").first.click()
    page.on("dialog", lambda dialog: dialog.accept())

    page.get_by_role("button", name="停止拉取").click()

    expect(page.locator(".watched-text")).to_have_text("正在停止")
    assert Pull.objects.get().cancel_asked


def test_removals_that_were_held_back_ask_before_they_are_believed(
    sign_in, live_server
):
    held = {"step": "contacts", "whole": "lin", "items": ["wm1", "wm2"], "held": 9}
    pull = make.pull(status="done", held_back=[held], counts={"contacts": {}})
    page = sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/sync/pull/{pull.pk}/change/")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))

    page.get_by_role("button", name="确认移除 2 项").click()

    assert "确定这 2 项" in asked[0]
    pull.refresh_from_db()
    assert pull.held_back

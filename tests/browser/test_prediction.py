"""A model is trained, looked at, found no better the next time, used all the same, and
taken back; and a customer's page says what speaks for her."""

import pytest
from playwright.sync_api import Page, expect

from apps.scoring.models import Chance, Foretelling
from apps.staff.models import Reach
from tests.browser.conftest import PHONE
from tests.scoring.dated import NOW, company

pytestmark = pytest.mark.django_db(transaction=True)


def work() -> None:
    """What a worker does when the bell rings."""
    for job in Foretelling.objects.filter(status="waiting"):
        job.work_off()


def test_from_no_model_to_the_reasons(page: Page, live_server, sign_in, time_machine):
    time_machine.move_to(NOW)
    Reach.objects.update_or_create(role="admin", defaults={"scope": "all"})
    company(1_200)
    sign_in(role="admin")
    address = f"{live_server.url}/admin/scoring/predictor/"
    page.goto(address)
    expect(page.get_by_text("还没有模型")).to_be_visible()

    page.get_by_role("button", name="保存并训练").click()
    expect(page.get_by_text("正在训练")).to_be_visible()
    work()
    page.goto(address)
    for chart in ("可靠性曲线", "提升度", "群体稳定性指标"):
        expect(page.get_by_role("img", name=chart)).to_be_visible()
    expect(page.locator(".predict-tiles")).to_contain_text("AUC")

    page.get_by_role("button", name="立即训练").click()
    work()
    page.goto(address)
    expect(page.get_by_text("最新的模型没有启用")).to_be_visible()
    page.get_by_role("button", name="启用", exact=True).first.click()
    expect(page.get_by_text("已启用该模型")).to_be_visible()
    work()
    page.goto(address)
    page.get_by_role("button", name="恢复上一个模型").click()
    expect(page.get_by_text("已恢复使用上一个模型")).to_be_visible()
    work()

    page.set_viewport_size(PHONE)
    page.goto(address)
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= PHONE["width"]
    best = Chance.objects.order_by("-chance").first()
    page.goto(f"{live_server.url}/admin/contacts/contact/{best.contact_id}/change/")
    expect(page.get_by_text("有利因素")).to_be_visible()

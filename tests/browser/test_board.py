"""A lead goes from stage to stage by hand and by keys, and goes back when refused."""

import pytest
from playwright.sync_api import Page, expect

from apps.followups.models import Lead, Stage
from apps.followups.stages import first_stage, stages
from tests import make
from tests.browser.conftest import PHONE, fits

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_lead_is_moved_by_the_mouse_and_by_keys(page: Page, live_server, sign_in):
    first_stage()
    row = stages()
    Stage.objects.filter(pk=row[3].pk).update(needs_amount=True)
    me = make.employee("林静")
    lead = make.lead(make.contact("张三丰", owner=me))
    sign_in(role="employee", employee=me)
    page.goto(f"{live_server.url}/admin/followups/lead/board/")
    card, told = page.locator(".board-card"), page.locator(".board-told")
    columns = page.locator(".board-column")

    def stands_in(place: int) -> None:
        expect(columns.nth(place).locator(".board-card")).to_have_count(1)
        expect(columns.nth(place).locator("[data-many]")).to_have_text("1")
        expect(page.locator(".board-card.saving")).to_have_count(0)

    stands_in(0)
    card.drag_to(columns.nth(1))
    expect(told).to_contain_text("已移到“已联系”")
    stands_in(1)

    card.focus()
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("已移到“有意向”")
    stands_in(2)
    lead.refresh_from_db()
    assert lead.stage == row[2]

    Lead.objects.filter(pk=lead.pk).update(stage=row[0])  # a colleague was faster
    page.keyboard.press("ArrowLeft")
    expect(told).to_contain_text("已被同事移到")
    stands_in(2)

    Lead.objects.filter(pk=lead.pk).update(stage=row[2])
    page.keyboard.press("ArrowRight")
    expect(told).to_contain_text("需要预计金额")
    stands_in(2)

    page.set_viewport_size(PHONE)
    page.get_by_role("button", name="张三丰：退回上一阶段").click()
    expect(told).to_contain_text("已移到“已联系”")
    assert fits(page)

    page.keyboard.press("Enter")
    page.wait_for_url("**/admin/contacts/contact/*/change/#lead")

"""A rule is made from a template, its effect is seen, it is put in force, and "why" is
opened on a contact's page."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.scoring.models import ScoreVersion, Standing
from tests import make
from tests.scoring.ledgers import did

pytestmark = pytest.mark.django_db(transaction=True)


def test_from_a_template_by_its_preview_to_the_reasons(
    page: Page, live_server, sign_in
):
    someone = make.contact("曾小贤", corp_name="某某公司")
    for number in range(3):
        did(someone, "article", at=timezone.now(), number=number)
    sign_in(role="admin")
    page.goto(f"{live_server.url}/admin/scoring/scorerule/")
    page.get_by_role("link", name="规则模板").first.click()
    card = page.locator("section.card", has_text="企业服务")
    card.get_by_role("button", name="加为草稿").click()

    expect(page.get_by_role("heading", name="评分分布：之前与之后")).to_be_visible()
    moves = page.locator("section.card", has_text="谁的等级会变")
    expect(moves).to_contain_text("曾小贤")
    expect(moves).to_contain_text("C3")
    assert not ScoreVersion.objects.in_force().exists()

    page.get_by_role("button", name="启用").click()
    expect(page.locator(".score-matrix")).to_be_visible()
    assert Standing.objects.get(contact=someone).grade == "C3"

    page.goto(f"{live_server.url}/admin/contacts/contact/{someone.pk}/change/")
    why = page.locator(".score-why")
    expect(why.locator(".score-head")).to_contain_text("C3")
    page.locator("summary", has_text="内容").click()
    expect(why).to_contain_text("打开文章")
    expect(why.locator(".score-lift").first).to_have_text("什么最能提分")

    page.goto(f"{live_server.url}/admin/contacts/contact/?grade=C3")
    expect(page.locator("table.listing")).to_contain_text("曾小贤")

"""Two customers turn out to be one: merged by a manager, and taken back."""

import pytest
from playwright.sync_api import Page, expect

from apps.contacts.identities import Id, Known, keep_ids
from apps.contacts.models import Contact, Merge, Proposal
from apps.contacts.resemble import compare_those_who_changed
from apps.contacts.settle import settle
from apps.events.models import EventRecord
from tests import make
from tests.browser.conftest import PHONE, fits
from tests.conftest import day
from tests.contacts.everything import difference, dump, news_aside

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def twice() -> tuple[Contact, Contact, Contact]:
    """张三 twice over one phone, and 李四 who shares another with him."""
    one = make.follow(make.contact("张三", position="店长")).identity.contact
    two = make.follow(make.contact("张三丰", corp_name="华为")).identity.contact
    three = make.follow(make.contact("李四")).identity.contact
    told = [
        Known(one.pk, Id("phone", "13800005678")),
        Known(two.pk, Id("phone", "13800005678")),
        Known(one.pk, Id("phone", "13900001234")),
        Known(three.pk, Id("phone", "13900001234")),
    ]
    keep_ids(told, source=EventRecord.Source.PERSON, at=day(2))
    compare_those_who_changed(at=day(2))
    settle([one.pk, two.pk, three.pk])
    return one, two, three


def test_merges_two_proposals_and_takes_one_back(
    page: Page, live_server, sign_in, twice
):
    one, two, three = twice
    sign_in(role="manager")
    before = dump()
    page.get_by_role("link", name="疑似重复").first.click()
    expect(page.get_by_text("手机号相同")).to_have_count(2)

    page.get_by_role("link", name="张三", exact=True).nth(1).click()
    expect(page.get_by_text("75%")).to_be_visible()
    page.get_by_role("radio", name="张三丰").check()
    expect(page.locator("[data-result='field-name']")).to_have_text("张三丰")
    expect(page.locator("[data-result='field-position']")).to_have_text("店长")
    page.get_by_role("button", name="合并这两位").click()

    expect(page.get_by_text("随时可以撤销")).to_be_visible()
    one.refresh_from_db()
    assert (one.name, one.corp_name, one.position) == ("张三丰", "华为", "店长")

    page.goto(f"{live_server.url}/admin/contacts/contact/{two.pk}/change/")
    expect(page.get_by_text("这位客户已合并到「张三丰」")).to_be_visible()
    page.get_by_role("link", name="疑似重复").last.click()
    page.get_by_role("button", name="合并这两位").click()
    expect(page.get_by_text("随时可以撤销")).to_be_visible()
    three.refresh_from_db()
    assert three.merged_into == one

    for merge in Merge.objects.order_by("-pk"):
        page.goto(f"{live_server.url}/admin/contacts/merge/{merge.pk}/change/")
        page.once("dialog", lambda dialog: dialog.accept())
        page.get_by_role("button", name="撤销合并").click()
        expect(page.get_by_text("恢复为两位客户")).to_be_visible()

    left = news_aside(difference(before, dump()))
    assert [line for line in left if "contacts." in line or "tags." in line] == []


def test_never_these_two_leads_on_to_the_next(page: Page, live_server, sign_in, twice):
    sign_in(role="manager")
    first = Proposal.objects.order_by("-confidence", "-pk").first()
    page.goto(f"{live_server.url}/admin/contacts/proposal/{first.pk}/change/")

    page.get_by_role("button", name="不是同一人").click()

    expect(page.get_by_text("以后不再提示这两位重复")).to_be_visible()
    first.refresh_from_db()
    assert first.status == "never"
    page.get_by_role("button", name="以后再说").click()
    expect(page.get_by_text("没有发现疑似重复的客户")).to_be_visible()


def test_it_fits_on_a_phone(page: Page, live_server, sign_in, twice):
    sign_in(role="manager")
    page.set_viewport_size(PHONE)
    proposal = Proposal.objects.first()
    for address in ("", f"{proposal.pk}/change/"):
        page.goto(f"{live_server.url}/admin/contacts/proposal/{address}")
        assert fits(page)

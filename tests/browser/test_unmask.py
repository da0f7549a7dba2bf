"""A manager sees a phone whole: says what for, confirms, reads it, and it is gone."""

import re

import pytest
from playwright.sync_api import Page, expect

from apps.audit.models import AuditRow
from apps.contacts.identities import Id, Known, keep_ids
from apps.events.models import EventRecord
from tests import make
from tests.conftest import day

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_phone_is_seen_whole_for_a_reason_and_for_a_minute(
    page: Page, live_server, sign_in
):
    contact = make.contact("曾小贤")
    make.follow(contact)
    known = [Known(contact.pk, Id("phone", "13812345678"))]
    keep_ids(known, source=EventRecord.Source.PERSON, at=day(1))
    sign_in(role="manager")
    page.clock.install()
    page.goto(f"{live_server.url}/admin/contacts/contact/{contact.pk}/change/")
    line = page.locator(".ids li", has_text="手机")
    expect(line).to_contain_text("138 **** 5678")

    line.get_by_role("button", name="查看完整").click()
    expect(line.get_by_label("用途")).to_be_visible()
    line.get_by_role("button", name="查看完整").click()
    expect(line.get_by_role("alert")).to_contain_text("用途")
    line.get_by_label("用途").fill("客户要求回电")
    line.get_by_role("button", name="查看完整").click()

    expect(line).to_contain_text("13812345678")
    assert AuditRow.objects.filter(deed="unmasked", contact_id=contact.pk).exists()
    page.clock.run_for(62_000)
    expect(line).to_contain_text("138 **** 5678")

    page.goto(f"{live_server.url}/admin/contacts/contact/{contact.pk}/history/")
    expect(page.get_by_text("客户要求回电")).to_be_visible()
    expect(page.get_by_text(re.compile("13812345678"))).to_have_count(0)

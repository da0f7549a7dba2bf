"""A manager hands over 250 contacts of somebody who left, as the preview showed."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from apps.assignment.models import Handover, Offer
from apps.contacts.models import Follow
from tests import make
from tests.browser.conftest import fits

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 250


def test_250_contacts_are_handed_over_as_the_preview_showed(
    page: Page, live_server, sign_in
):
    sun = make.employee("孙走", left_at=timezone.now(), serves=False, status=5)
    for number in range(MANY):
        of = make.contact(f"客户{number}")
        ended = Follow.EndedBy.RESIGNED
        make.follow(of, employee=sun, ended_at=sun.left_at, ended_by=ended)
    make.employee("安宁")
    make.employee("贝思")
    sign_in(role="manager")
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{live_server.url}/admin/assignment/handover/")

    page.get_by_role("link", name="移交", exact=True).click()
    page.get_by_label("安宁", exact=True).check()
    page.get_by_label("贝思", exact=True).check()
    page.get_by_role("button", name="预览谁接手谁").click()
    rows = page.locator("#preview tbody tr")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("125")
    expect(page.locator("#preview")).to_contain_text("尚未提交")
    assert not Offer.objects.exists()
    page.get_by_role("button", name="按此移交").click()

    expect(page.get_by_text("继承已开始。")).to_be_visible()
    expect(page.locator(".ten")).to_contain_text("/ 250")
    made = Handover.objects.get()
    takers = list(made.offers.values_list("taker_name", flat=True))
    assert (takers.count("安宁"), takers.count("贝思")) == (125, 125)
    page.set_viewport_size({"width": 390, "height": 844})
    assert fits(page)

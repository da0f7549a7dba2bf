"""The drawn tree: a point opens its branch, a name the person."""

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from apps.referrals.graph import fold_all
from tests import make
from tests.conftest import day
from tests.docs.pictures import CLOSED_POINTS
from tests.referrals.invites import a_campaign, an_invite, comes_by

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_branch_is_opened_and_a_person_is_looked_at(page: Page, live_server, sign_in):
    top = an_invite(a_campaign(), contact=make.contact("王芳"))
    first = comes_by(top, make.contact("李静"), at=day(2))
    below = an_invite(top.campaign, contact=first, at=day(3))
    last = comes_by(below, make.contact("赵敏"), at=day(4))
    fold_all()
    sign_in(role="admin")
    page.goto(live_server.url + reverse("admin:reports_reckoning_trees"))
    tree = page.locator("#tree svg")
    expect(tree).to_contain_text("王芳")

    for name in ("李静", "赵敏"):
        [point] = page.evaluate(CLOSED_POINTS)
        page.mouse.click(*point)
        expect(tree).to_contain_text(name)
    page.locator("#tree svg text", has_text="赵敏").click()

    person = reverse("admin:contacts_contact_change", args=[last.pk])
    expect(page).to_have_url(live_server.url + person)

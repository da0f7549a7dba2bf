"""The drawn tree: one branch at a time, of people whom the visitor may see."""

import hashlib

import pytest
from django.contrib.staticfiles import finders
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from apps.referrals.graph import fold_all
from apps.reports.tree import DRAWN, FRIENDS, drawn_below, drawn_roots
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.referrals.invites import a_campaign, an_invite, comes_by

ECHARTS = "28515f26aa57f87eb1e4ed4eb446927eaf329b5f5e02b4bfd4b0264fea40d1da"


@pytest.fixture
def grown():
    """邀 brought 甲, who brought 乙, and more friends than are drawn."""
    top = an_invite(a_campaign(), contact=make.contact("邀"))
    first = comes_by(top, make.contact("甲"), at=day(2))
    below = an_invite(top.campaign, contact=first, at=day(3))
    comes_by(below, make.contact("乙"), at=day(4))
    comes_by(top, make.contact("走"), at=day(2), left_at=day(3))
    for _number in range(FRIENDS + 1):
        comes_by(top, at=day(5))
    fold_all()
    top.refresh_from_db()
    return top


@pytest.mark.django_db
class TestDrawing:
    def test_a_branch_is_those_who_invite_in_turn_and_some_friends(self, grown):
        root = make.root()
        [top] = drawn_roots(grown.campaign, user=root).points
        branch = drawn_below(grown, user=root)

        assert (top["name"], top["direct"], top["total"]) == ("邀", 10, 11)
        first, *friends = branch.points
        assert (first["name"], first["opens"], first["total"]) == ("甲", True, 1)
        assert len(friends) == FRIENDS and branch.more
        assert "走" not in {friend["name"] for friend in friends}

    def test_it_is_never_more_than_a_few_however_many_there_are(self, grown):
        root = make.root()
        for _number in range(DRAWN + 3):
            helper = comes_by(grown, at=day(6))
            an_invite(grown.campaign, contact=helper, at=day(7))

        with CaptureQueriesContext(connection) as made:
            branch = drawn_below(grown, user=root)

        assert len(branch.points) <= DRAWN + FRIENDS and branch.more
        assert len(made) <= 7

    def test_whoever_is_out_of_reach_is_neither_named_nor_linked(self, grown):
        nobody = make.user("fremd", role="employee")

        for branch in (
            drawn_roots(grown.campaign, user=nobody),
            drawn_below(grown, user=nobody),
        ):
            assert {point["person"] for point in branch.points} == {""}
            assert not {"邀", "甲"} & {point["name"] for point in branch.points}

    def test_the_pages_open_at_the_top_and_at_one_inviter(self, grown):
        client = signed_in(make.user(role="admin"))
        whole = client.get(reverse("admin:reports_reckoning_trees"))
        address = reverse("admin:reports_reckoning_tree", args=[grown.campaign_id])
        one = client.get(address, {"invite": grown.pk})
        branch = client.get(reverse("admin:reports_reckoning_drawn", args=[grown.pk]))

        assert whole.context["told"]["top"]["branch"]["points"][0]["name"] == "邀"
        assert one.context["told"]["top"]["name"] == "邀"
        assert branch.json()["points"][0]["name"] == "甲"
        assert client.get(address, {"invite": 0}).status_code == 404

    def test_without_any_campaign_the_page_says_so(self):
        page = signed_in(make.user(role="admin")).get(
            reverse("admin:reports_reckoning_trees")
        )
        assert "nothing" in page.content.decode()


def test_echarts_is_the_file_that_its_makers_publish():
    with open(finders.find("echarts/echarts.esm.min.js"), "rb") as file:
        assert hashlib.file_digest(file, "sha256").hexdigest() == ECHARTS

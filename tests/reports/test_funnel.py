"""How many come to each stage, and who they are."""

import pytest
from django.urls import reverse

from apps.audit.models import AuditRow
from apps.referrals.models import Invite
from apps.reports.funnel import TITLES, funnels, who_came_to
from apps.reports.tree import below, generations, leaders, roots
from tests import make
from tests.backoffice.attacked import signed_in
from tests.reports.walks import asked, buys, campaign, comes, invites

pytestmark = pytest.mark.django_db


@pytest.fixture
def going():
    """Three came by the campaign's channel; two helped, of whom one bought and one
    takes part herself, and brought a third; an old friend does not count."""
    door = make.channel("活动码")
    going = campaign(channel=door)
    inviter, first, second, third = (make.contact(n) for n in ("邀", "甲", "乙", "丙"))
    for at, contact in ((3, first), (4, second), (6, third)):
        comes(contact, door, at)
    invites(inviter, going, first, 3)
    invites(inviter, going, second, 4)
    invites(inviter, going, make.contact("老友"), 5, refused="old_friend")
    invites(second, going, third, 6)
    root = Invite.objects.get(contact=inviter)
    own = Invite.objects.get(contact=second)
    Invite.objects.filter(pk=root.pk).update(path=[root.pk], direct=2, total=3)
    Invite.objects.filter(pk=own.pk).update(
        path=[root.pk, own.pk], parent=root, direct=1, total=1
    )
    buys(first, 8)
    return going


def test_each_stage_of_a_campaign_counts_everybody_once(going):
    root = make.root()
    [line] = funnels(asked(by="campaign"), user=root)

    assert line.many == {"added": 3, "joined": 2, "helped": 3, "bought": 1}
    assert line.k == 0.5
    for stage in TITLES:
        told = {"key": going.pk, "stage": stage, "user": root, "many": 10}
        people, whole = who_came_to(asked(by="campaign"), **told)
        assert len(people) == whole == line.many[stage]


def test_of_a_channel_it_counts_what_became_of_whom_it_brought(going):
    [line] = funnels(asked(by="channel"), user=make.root())

    assert line.many == {"added": 3, "joined": 1, "helped": 3, "bought": 1}


def test_whoever_sees_nobody_is_told_of_nobody(going):
    somebody = make.user(role="employee", employee=make.employee())

    assert funnels(asked(by="campaign"), user=somebody) == []
    assert leaders(going, by="total", user=somebody) == []


def test_the_tree_is_opened_step_by_step(going):
    root = make.root()
    [top] = roots(going, user=root)
    [branch] = below(top.invite, user=root)

    assert (top.name, top.opens, top.invite.total) == ("邀", True, 3)
    assert (branch.name, branch.opens) == ("乙", False)
    assert [leaf.name for leaf in leaders(going, by="direct", user=root)] == [
        "邀",
        "乙",
    ]
    assert generations(going) == [
        {"depth": 1, "inviters": 1, "helpers": 2},
        {"depth": 2, "inviters": 1, "helpers": 1},
    ]


def test_the_pages_show_it(going):
    client = signed_in(make.user(role="admin"))
    page = client.get(reverse("admin:reports_reckoning_campaign", args=[going.pk]))
    text = page.content.decode()

    assert "邀" in text and "团队 3" in text
    invite = Invite.objects.get(parent__isnull=True)
    branch = client.get(reverse("admin:reports_reckoning_branch", args=[invite.pk]))
    assert "乙" in branch.content.decode()
    march = "?by=campaign&from=2026-03-01&to=2026-03-31"
    funnel = client.get(reverse("admin:reports_reckoning_funnel") + march)
    assert "老带新" in funnel.content.decode()


TABLES = {
    "reports_reckoning_table": "活动码",
    "reports_cost_table": "活动码",
    "reports_reckoning_funnel_table": "老带新",
    "errands_errand_team_table": "新增好友",
}


@pytest.mark.parametrize(("name", "word"), TABLES.items())
def test_a_report_is_taken_out_as_a_file_and_that_is_audited(going, name, word):
    client = signed_in(make.user(role="admin"))
    march = "?goal=order&from=2026-03-01&to=2026-03-31&as=csv"
    answer = client.post(reverse(f"admin:{name}") + march)

    assert word in b"".join(answer.streaming_content).decode()
    assert AuditRow.objects.filter(deed="exported").count() == 1

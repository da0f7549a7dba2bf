"""A campaign is handed out; what is reached is counted; done and late are known."""

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.audit.models import AuditRow
from apps.errands.figures import progress
from apps.errands.hand_out import (
    BadErrand,
    BadLink,
    CalledOff,
    NotRunning,
    call_off,
    hand_out,
    say_done,
)
from apps.errands.models import Errand
from apps.errands.team import team
from tests import make
from tests.backoffice.attacked import signed_in
from tests.conftest import day
from tests.reports.walks import MARCH, buys, campaign, comes, invites

pytestmark = pytest.mark.django_db


@pytest.fixture
def lin():
    return make.employee("林静")


@pytest.fixture
def going():
    return campaign("老带新", make.channel("活动码"))


def hand(going, *people, **fields):
    told = {"targets": {"joined": 2, "amount": 20_000}, "due_at": day(8)}
    told |= {"by": make.root(), "at": day(1)} | fields
    return hand_out(campaign=going, employees=people, **told)


class TestHandingOut:
    def test_gives_everybody_a_part_and_is_audited(self, going, lin):
        errand = hand(going, lin, make.employee())

        assert errand.shares.count() == 2
        row = AuditRow.objects.get(about_kind="errands.errand")
        assert row.after["joined"] == 2

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"targets": {}}, BadErrand),
            ({"due_at": day(0.5)}, BadErrand),
            ({"due_at": None}, BadErrand),
            ({"link": "javascript:alert(1)"}, BadLink),
        ],
    )
    def test_refuses_what_makes_no_sense(self, going, lin, fields, refusal):
        with pytest.raises(refusal):
            hand(going, lin, **fields)

    def test_refuses_nobody_leavers_and_campaigns_that_do_not_run(self, going, lin):
        with pytest.raises(BadErrand):
            hand(going, make.employee(left_at=day(1)))
        with pytest.raises(NotRunning):
            hand(campaign("以后再办", status="draft"), lin)


class TestFigures:
    @pytest.fixture
    def errand(self, going, lin):
        """Her own customer takes part; a friend of hers helps, and buys."""
        errand = hand(going, lin, make.employee("周颖"))
        inviter = make.contact("邀请人", owner=lin)
        helper = make.contact("助力人")
        entry = comes(helper, going.channel, 3, employee=lin)
        invites(inviter, going, helper, 3, follow=entry.follow)
        buys(helper, 5, amount=30_000)
        buys(helper, 20)
        return errand

    def test_count_what_happened_until_it_was_due(self, errand, lin):
        shares = list(errand.shares.order_by("pk"))
        mine, other = progress(errand, shares, at=day(25))

        assert mine.reached == {
            "reached": 0,
            "joined": 1,
            "helped": 1,
            "converted": 1,
            "amount": 30_000,
        }
        assert [line["part"] for line in mine.lines] == [50, 100]
        assert mine.part == 75
        assert other.part == 0

    def test_of_a_team_come_to_its_department(self, errand, lin):
        people, _departments = team(**MARCH, user=make.root(), at=day(25))

        line = next(each for each in people if each.number == lin.pk)
        assert (line.new, line.joined, line.helped, line.converted) == (1, 1, 1, 1)
        assert (line.errands, line.done, line.late) == (1, 0, 1)


@pytest.mark.parametrize(
    ("done", "looked", "late"),
    [
        # in time, whenever one looks
        (5, 20, False),
        # not done, and still time
        (None, 7, False),
        # not done, and its time is over
        (None, 9, True),
        # done, but too late
        (9, 20, True),
    ],
)
def test_late_is_who_was_not_done_in_time(going, lin, done, looked, late):
    errand = hand(going, lin)
    share = errand.shares.get()
    if done:
        told = {"by": make.user(), "at": day(done)}
        say_done(share=share, reached=3, is_done=True, **told)
    [told] = progress(errand, list(errand.shares.all()), at=day(looked))

    assert told.is_late == late


def test_what_was_called_off_is_neither_late_nor_done_any_more(going, lin):
    errand = hand(going, lin)
    call_off(errand=errand, by=make.root(), at=day(2))

    errand.refresh_from_db()
    [told] = progress(errand, list(errand.shares.all()), at=day(20))
    assert not told.is_late
    with pytest.raises(CalledOff):
        share = errand.shares.get()
        say_done(share=share, reached=1, is_done=True, by=make.root(), at=day(3))


def test_it_stands_on_the_front_page_until_it_is_done(going, lin):
    errand = hand(going, lin, due_at=timezone.now().replace(year=2100), text="请转发")
    client = signed_in(make.user(role="employee", employee=lin))
    page = reverse("admin:errands_errand_change", args=[errand.pk])
    done = reverse("admin:errands_errand_done", args=[errand.pk])

    assert page in client.get("/admin/").content.decode()
    client.post(done, {"reached": "12", "do": "done"})

    assert page not in client.get("/admin/").content.decode()
    share = errand.shares.get()
    assert (share.reached, share.done_at is not None) == (12, True)


def test_colleagues_see_only_their_own(going, lin):
    errand = hand(going, lin)
    other = signed_in(make.user(role="employee", employee=make.employee()))

    listed = other.get(reverse("admin:errands_errand_changelist")).content.decode()
    assert "老带新" not in listed
    page = other.get(reverse("admin:errands_errand_change", args=[errand.pk]))
    assert page.status_code == 302
    assert Errand.objects.count() == 1

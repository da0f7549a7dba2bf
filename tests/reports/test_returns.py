"""What was spent, whom it brought, who stayed, and what came back."""

from datetime import date

import pytest

from apps.audit.models import AuditRow
from apps.campaigns.models import Campaign, Grant, Participation, Reward
from apps.channels.models import Channel
from apps.reports.cost import BadCost, enter_cost, spent_on, strike_cost
from apps.reports.models import Cost
from apps.reports.returns import returns, who_came
from tests import make
from tests.conftest import day
from tests.reports.walks import MARCH, asked, buys, campaign, comes

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    return make.root()


def enter(of, amount, by, **fields):
    told = {"kind": "media", "first_on": date(2026, 3, 1), "last_on": date(2026, 3, 10)}
    told |= {"note": "", "at": day(1)} | fields
    return enter_cost(of=of, amount=amount, by=by, **told)


@pytest.mark.parametrize(
    ("first", "last", "fen"),
    [
        # all of its days
        (1, 31, 1_000),
        # half of them
        (6, 31, 500),
        # one
        (10, 10, 100),
        # none
        (11, 31, None),
    ],
)
def test_a_cost_is_spread_evenly_over_its_days(root, first, last, fen):
    fair = make.channel("展会")
    enter(fair, 1_000, root)

    days = {"first": date(2026, 3, first), "last": date(2026, 3, last)}
    spent = spent_on(Channel, **days)

    assert spent.get(fair.pk, {}).get("media") == fen


def test_the_cost_per_day_of_a_code_counts_by_itself(root):
    fair = make.channel("展会")
    Channel.objects.filter(pk=fair.pk).update(
        cost_per_day=300, first_published_at=day(30)
    )

    assert spent_on(Channel, **MARCH)[fair.pk] == {"media": 600}


def test_prizes_that_were_won_and_not_taken_back_cost_what_they_cost(root):
    going = campaign()
    prize = Reward.objects.create(
        campaign=going, name="杯子", kind="physical", initial=9, left=7, value=2_500
    )
    for number, status in enumerate(("granted", "voided")):
        her = make.contact()
        takes_part = Participation.objects.create(
            campaign=going, contact=her, joined_at=day(2)
        )
        Grant.objects.create(
            reward=prize,
            participation=takes_part,
            contact=her,
            status=status,
            redeem_code=f"code{number}",
            granted_at=day(3),
        )

    assert spent_on(Campaign, **MARCH) == {going.pk: {"rewards": 2_500}}


@pytest.mark.parametrize(
    "wrong",
    [
        {"amount": 0},
        {"amount": None},
        {"kind": "bribes"},
        {"of": None},
        {"last_on": date(2026, 2, 1)},
        {"last_on": date(2036, 2, 1)},
        {"first_on": None},
    ],
)
def test_what_is_no_cost_is_refused(root, wrong):
    told = {"of": make.channel("展会"), "amount": 100, "by": root} | wrong
    with pytest.raises(BadCost):
        enter(**told)


def test_who_entered_changed_or_struck_off_a_cost_stands_in_the_audit(root):
    fair = make.channel("展会")
    cost = enter(fair, 1_000, root)
    enter(fair, 2_000, root, cost=cost)
    strike_cost(cost=cost, by=root, at=day(2))

    deeds = AuditRow.objects.filter(about_kind="reports.cost").order_by("pk")
    assert [row.deed for row in deeds] == ["added", "changed", "deleted"]
    assert not Cost.objects.exists()


class TestReturns:
    @pytest.fixture
    def fair(self, root):
        """Four came; one left after three days; one came only the day before."""
        fair = make.channel("展会")
        stays, buyer, leaver, newcomer = (make.contact() for _ in range(4))
        comes(stays, fair, 2)
        comes(buyer, fair, 3)
        gone = {"ended_at": day(6), "ended_by": "contact"}
        comes(leaver, fair, 3, **gone)
        comes(newcomer, fair, 20)
        buys(buyer, 10, amount=30_000)
        enter(fair, 12_000, root)
        return fair

    def line(self, root, **more):
        told = {"model": "last", "margin": 0.5, "user": root, "at": day(21)} | more
        [line], whole = returns(asked("order"), **told)
        assert whole.cost == line.cost
        return line

    def test_costs_are_divided_by_whom_they_brought_and_who_stayed(self, fair, root):
        line = self.line(root)

        week, month = line.stays
        assert (line.new, line.cost, line.each) == (4, 12_000, 3_000)
        assert (week["old"], week["kept"], week["each"]) == (3, 2, 4_500)
        assert (month["old"], month["each"]) == (0, None)
        assert (line.revenue, line.roas) == (30_000, 2.5)
        assert line.roi == pytest.approx(0.25)

    def test_behind_them_stand_the_people(self, fair, root):
        told = {"key": fair.pk, "user": root, "at": day(21), "many": 10}
        many = {
            which: who_came(asked("order"), which=which, **told)[1]
            for which in ("new", "kept7", "left7", "kept30", "left30")
        }

        assert many == {"new": 4, "kept7": 2, "left7": 1, "kept30": 0, "left30": 0}

    def test_whoever_sees_only_some_contacts_is_told_no_cost(self, fair):
        somebody = make.user(role="employee", employee=make.employee())

        assert (
            returns(asked("order"), model="last", margin=1, user=somebody, at=day(21))[
                0
            ]
            == []
        )

"""Orders, adding an employee and behaviour earn what the rules say, whatever is told
late, twice or in another order."""

from itertools import permutations

import pytest

from apps.events.models import EventRecord
from apps.loyalty import earning
from apps.loyalty.earning import NoBehaviour, end_rule, keep_rule
from apps.loyalty.keep_levels import (
    BadLevel,
    LevelTaken,
    discard_level,
    keep_level,
)
from apps.loyalty.models import EarningRule, PointsEntry
from apps.loyalty.points import BadAmount
from apps.loyalty.setting import BadSpan, keep_setting
from apps.loyalty.tasks import grow_old
from tests import make
from tests.conftest import day
from tests.loyalty.ledgers import earned, level, member, points, rule

pytestmark = pytest.mark.django_db


def bought(ann, number="e1", **told):
    """Told as the shop tells it; an order earns when the news of it is worked off."""
    return make.order(ann, order_number=number, placed_at=day(2), **told)


class TestOrders:
    def test_a_paid_order_earns_for_each_whole_yuan(self, work_off):
        rule(points=2, growth=1)
        ann = make.contact()

        bought(ann, amount=12_850, paid_at=day(2))
        work_off()

        assert (points(ann), member(ann).growth) == (256, 128)

    @pytest.mark.parametrize("order", permutations(range(3)))
    def test_what_is_refunded_is_taken_back_in_whichever_order_it_is_told(
        self, work_off, order
    ):
        rule(points=1, growth=1)
        ann = make.contact()
        tellings = [
            {"amount": 10_000, "changed_at": day(2), "paid_at": day(2)},
            {
                "amount": 10_000,
                "changed_at": day(3),
                "refunded_at": day(3),
                "refunded_amount": 2_500,
            },
            {
                "amount": 10_000,
                "changed_at": day(4),
                "refunded_at": day(3),
                "refunded_amount": 6_000,
            },
        ]

        for number in order:
            bought(ann, **tellings[number])
            bought(ann, **tellings[number])
            work_off()

        assert (points(ann), member(ann).growth) == (40, 40)

    def test_one_that_was_paid_before_the_rule_earns_nothing(self, work_off):
        rule(made_at=day(3))
        ann = make.contact()

        bought(ann, amount=10_000, paid_at=day(2))
        work_off()

        assert not PointsEntry.objects.exists()

    def test_a_higher_level_earns_more(self, work_off):
        rule(points=1, growth=0)
        level(growth_from=100, percent=150)
        ann = make.contact()
        earned(ann, 0, growth=100)

        bought(ann, amount=10_000, paid_at=day(2))
        work_off()

        assert points(ann) == 150

    def test_a_day_earns_no_more_than_the_rule_allows(self, work_off):
        rule(points=1, growth=0, a_day=120)
        ann = make.contact()
        for number, at in enumerate((day(2), day(2), day(3))):
            bought(ann, number=f"e{number}", amount=10_000, paid_at=at)
        work_off()

        assert points(ann) == 220

    def test_a_rule_that_has_ended_takes_back_what_it_gave(self, work_off):
        earns = rule(points=1, growth=0)
        ann = make.contact()
        bought(ann, amount=10_000, paid_at=day(2))
        work_off()
        end_rule(rule=earns, by=make.root(), at=day(3))

        refunded = {"refunded_at": day(4), "refunded_amount": 10_000}
        bought(ann, amount=10_000, paid_at=day(2), changed_at=day(4), **refunded)
        bought(ann, number="e2", amount=10_000, paid_at=day(4))
        work_off()

        assert points(ann) == 0


class TestOthers:
    def test_adding_an_employee_earns_once(self):
        rule("added", points=20, growth=0)
        ann = make.contact()

        for at in (day(2), day(9)):
            earning.was_added(contact_id=ann.pk, at=at)

        assert points(ann) == 20

    def test_behaviour_of_the_kind_that_is_named_earns(self):
        rule("behaviour", behaviour="signed_in", points=5, growth=0)
        ann = make.contact()

        for name in ("signed_in", "looked"):
            told = make.behaviour(ann, kind=name, at=day(2))
            earning.behaved(behaviour_id=told.pk)

        assert points(ann) == 5


class TestKept:
    def test_a_changed_rule_is_a_new_one(self):
        told = {"when": "order", "behaviour": "", "by": make.root(), "a_day": None}
        first = keep_rule(points=1, growth=1, at=day(1), **told)
        second = keep_rule(points=2, growth=1, at=day(2), **told)

        first.refresh_from_db()
        assert (first.ended_at, second.ended_at) == (day(2), None)
        assert EarningRule.objects.count() == 2

    @pytest.mark.parametrize(
        ("wrong", "refusal"),
        [
            ({"when": "behaviour"}, NoBehaviour),
            ({"points": None}, BadAmount),
            ({"points": 0, "growth": 0}, BadAmount),
            ({"when": "never"}, BadAmount),
        ],
    )
    def test_a_rule_that_is_none_is_refused(self, wrong, refusal):
        told = {"when": "order", "behaviour": "", "points": 1, "growth": 1}
        with pytest.raises(refusal):
            keep_rule(**(told | wrong), a_day=None, by=make.root(), at=day(1))

    def test_levels_move_their_members_up_and_down(self):
        boss, ann = make.root(), make.contact()
        earned(ann, 0, growth=500)
        told = {"percent": 100, "benefits": "包邮", "by": boss, "at": day(3)}

        silver = keep_level(level=None, name="银卡", growth_from=100, **told)
        gold = keep_level(level=None, name="金卡", growth_from=500, **told)
        grow_old()
        assert member(ann).level == gold
        top = gold.pk
        discard_level(level=gold, by=boss, at=day(4))
        grow_old()
        assert member(ann).level == silver

        news = EventRecord.objects.filter(kind="LevelChanged").order_by("pk")
        assert [row.facts["level_id"] for row in news] == [top, silver.pk]

    def test_a_level_that_is_none_is_refused(self):
        told = {"percent": 100, "benefits": "", "by": make.root(), "at": day(3)}
        keep_level(level=None, name="银卡", growth_from=100, **told)

        with pytest.raises(LevelTaken):
            keep_level(level=None, name="金卡", growth_from=100, **told)
        with pytest.raises(BadLevel):
            keep_level(level=None, name="", growth_from=1, **told)
        with pytest.raises(BadLevel):
            keep_level(level=None, name="金", growth_from=1, **(told | {"percent": 5}))

    def test_a_span_that_is_none_is_refused(self):
        for wrong in ({"months": 121}, {"growth_days": None}):
            told = {"months": 0, "growth_days": 0} | wrong
            with pytest.raises(BadSpan):
                keep_setting(**told, by=make.root(), at=day(1))

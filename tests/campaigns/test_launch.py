"""Draft, check, launch, close, copy, and the test run before."""

from dataclasses import replace
from datetime import timedelta

import pytest

from apps.audit.models import AuditRow
from apps.campaigns.events import RewardGranted
from apps.campaigns.form import told_by
from apps.campaigns.keep import (
    CampaignChangedMeanwhile,
    CampaignIsClosed,
    CampaignNameTaken,
    Prize,
    copy,
    discard,
    keep,
)
from apps.campaigns.kinds import KINDS
from apps.campaigns.launch import close, close_those_over, launch
from apps.campaigns.models import Campaign, CouponCode, Draw, Grant, Reward
from apps.campaigns.problems import NotFit
from apps.campaigns.ready import ready
from apps.campaigns.rehearse import rehearse
from apps.campaigns.reward import grant
from apps.campaigns.subscribers import end_with_the_stock, the_last_of_its_kind
from apps.campaigns.texts import say
from apps.channels.models import Channel
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.orders.models import Product
from apps.segments.models import Segment
from tests import make
from tests.campaigns.given import a_campaign, a_door, a_draft, conserved, somebody, told
from tests.conftest import day

pytestmark = pytest.mark.django_db
CUP = Prize(name="杯子", needed=3, initial=10)


def wrong(campaign: Campaign) -> set[str]:
    with pytest.raises(NotFit) as refusal:
        launch(campaign=campaign, by=None, at=day(2))
    assert Campaign.objects.get(pk=campaign.pk).is_draft
    return {problem.field for problem in refusal.value.problems}


def told_of_the_last(campaign: Campaign) -> RewardGranted:
    row = EventRecord.objects.get(kind="RewardGranted")
    return RewardGranted(at=row.at, source=row.source, **row.facts)


class TestCheck:
    @pytest.mark.parametrize(
        ("fields", "prizes", "field"),
        [
            ({"channel_id": None}, [CUP], "channel"),
            ({"ends_at": day(1.5)}, [CUP], "ends_at"),
            ({"ends_at": day(500)}, [CUP], "ends_at"),
            ({}, [replace(CUP, initial=0)], "prizes.0.initial"),
            ({}, [replace(CUP, needed=0)], "prizes.0.needed"),
            ({}, [replace(CUP, kind="points")], "prizes.0.points"),
            ({}, [replace(CUP, kind="text")], "prizes.0.text"),
            # more promised than there are codes
            (
                {},
                [replace(CUP, kind="coupon", initial=2, codes=("A", "A", "B"))] * 1
                + [replace(CUP, needed=5, kind="coupon", initial=2, codes=("A",))],
                "prizes.1.codes",
            ),
            ({"kind": "lottery"}, [replace(CUP, weight=9_000)] * 2, "prizes"),
            ({"kind": "lottery"}, [replace(CUP, weight=0)], "prizes"),
            ({"kind": "group"}, [CUP], "terms.groups"),
            ({"kind": "group_buy"}, [CUP], "terms.product"),
            ({"kind": "bargain", "terms": {"helpers": 3}}, [CUP], "terms.price"),
            ({"texts": {"won": "{{settings.SECRET_KEY}}"}}, [CUP], "texts.won"),
        ],
    )
    def test_each_problem_is_told_at_its_field(self, fields, prizes, field):
        assert field in wrong(a_draft(*prizes, **fields))

    def test_a_door_must_be_published_and_lead_to_one_campaign(self):
        door = a_door()
        a_campaign(channel_id=door.pk)
        assert wrong(a_draft(channel_id=door.pk)) == {"channel"}
        shut = Channel.objects.create(name="关", state="cshut", draft={})
        assert wrong(a_draft(channel_id=shut.pk)) == {"channel"}

    def test_nobody_in_the_audience(self):
        nobody = Segment.objects.create(name="没人", kind="list", many=0)
        assert wrong(a_draft(segment_id=nobody.pk)) == {"segment"}

    def test_nothing_to_win(self):
        draft = keep(told=replace(told(), prizes=()), by=None, at=day(1))
        assert wrong(draft) == {"prizes"}

    @pytest.mark.parametrize("kind", list(KINDS))
    def test_what_is_ready_made_lacks_its_door_and_what_nobody_can_know(self, kind):
        """Groups, products and codes of coupons are the company's own."""
        draft = keep(told=ready(kind, at=day(2)), by=None, at=day(2))
        own = {"group": {"terms.groups"}, "group_buy": {"terms.product"}}
        own["coupon"] = {"prizes.0.codes"}
        assert wrong(draft) == {"channel"} | own.get(kind, set())


class TestKeep:
    def test_a_change_is_audited_and_one_of_a_colleague_is_not_overwritten(self):
        draft, boss = a_draft(), make.root()
        seen = draft.version
        keep(
            told=replace(told_by(draft), name="新名字"),
            by=boss,
            at=day(2),
            campaign=draft,
            version=seen,
        )
        row = AuditRow.objects.filter(deed="changed").latest("pk")
        assert row.after["name"] == "新名字"
        with pytest.raises(CampaignChangedMeanwhile):
            keep(told=told_by(draft), by=boss, at=day(3), campaign=draft, version=seen)

    def test_two_of_one_name_are_refused(self):
        draft = a_draft()
        with pytest.raises(CampaignNameTaken):
            a_draft(name=draft.name)

    def test_once_it_runs_what_was_promised_stays(self):
        campaign = a_campaign(CUP)
        now = told_by(campaign)
        for change in (
            {"deduction": "never"},
            {"ends_at": day(10)},
            {"prizes": ()},
            {"prizes": (replace(now.prizes[0], initial=9),)},
            {"prizes": (replace(now.prizes[0], needed=30),)},
        ):
            with pytest.raises(NotFit):
                keep(told=replace(now, **change), by=None, at=day(2), campaign=campaign)

    def test_once_it_runs_there_can_be_more_of_it(self):
        campaign = a_campaign(CUP)
        cup = Reward.objects.get()
        grant(reward=cup, participation=somebody(campaign), at=day(2))
        now = told_by(campaign)
        more = replace(
            now, ends_at=day(30), prizes=(replace(now.prizes[0], initial=15),)
        )

        keep(told=more, by=None, at=day(3), campaign=campaign)

        assert conserved(cup)
        assert (cup.initial, cup.left) == (15, 14)
        assert Campaign.objects.get().ends_at == day(30)

    def test_a_copy_is_a_draft_with_the_same_prizes_and_no_codes(self):
        coupon = Prize(name="券", kind="coupon", needed=1, initial=1, codes=("A1",))
        campaign = a_campaign(coupon)

        made = copy(campaign=campaign, by=make.root(), at=day(9))

        assert made.is_draft
        assert made.ends_at - made.starts_at == day(20) - day(1)
        assert [row.name for row in made.rewards.all()] == ["券"]
        assert CouponCode.objects.count() == 1
        discard(campaign=made, by=None, at=day(9))

    def test_what_is_over_is_changed_no_more(self):
        campaign = a_campaign()
        close(campaign=campaign, by=None, at=day(2))
        with pytest.raises(CampaignIsClosed):
            keep(told=told_by(campaign), by=None, at=day(3), campaign=campaign)


class TestClose:
    def test_by_time_to_the_moment(self):
        campaign = a_campaign()
        assert close_those_over(at=campaign.ends_at - timedelta(seconds=1)) == 0
        assert close_those_over(at=campaign.ends_at) == 1
        assert close_those_over(at=campaign.ends_at) == 0
        assert Campaign.objects.get().closed_by == "time"
        assert EventRecord.objects.filter(kind="CampaignEnded").count() == 1

    @pytest.mark.parametrize(
        ("ends", "status"), [(True, "closed"), (False, "launched")]
    )
    def test_with_its_stock_if_it_is_one_that_does(self, ends, status):
        campaign = a_campaign(replace(CUP, initial=1), ends_without_stock=ends)
        grant(reward=Reward.objects.get(), participation=somebody(campaign), at=day(2))

        assert the_last_of_its_kind([told_of_the_last(campaign)]) == [True]
        end_with_the_stock(told_of_the_last(campaign))

        assert Campaign.objects.get().status == status


class TestRehearse:
    @pytest.mark.parametrize("kind", list(KINDS))
    def test_all_is_played_and_nothing_of_it_stays(self, kind):
        product = Product.objects.create(system="shop", number="1", name="月卡")
        plan = ready(kind, at=day(1))
        if kind == "group_buy":
            plan = replace(plan, terms={"size": 3, "hours": 24, "product": product.pk})
        if kind == "coupon":
            plan = replace(plan, prizes=(replace(plan.prizes[0], codes=("A1",)),))
        draft = keep(told=replace(plan, channel_id=a_door().pk), by=None, at=day(1))
        before = (Contact.objects.count(), EventRecord.objects.count())

        steps = rehearse(draft, at=day(1))

        assert not any(step.wrong for step in steps)
        if not KINDS[kind].is_drawn:
            prizes = {name for step in steps for name in step.prizes}
            claimed = " ".join(step.says for step in steps)
            assert all(p.name in prizes or p.name in claimed for p in plan.prizes)
        assert before == (Contact.objects.count(), EventRecord.objects.count())
        assert not Grant.objects.exists()
        assert not Draw.objects.exists()
        assert Campaign.objects.get(pk=draft.pk).is_draft


def test_of_braces_only_the_listed_placeholders_are_replaced():
    campaign = Campaign(
        kind="referral",
        name="{name}",
        ends_at=day(9),
        texts={"won": "{prize} {campaign} {{prize}} {0.__class__} %(prize)s"},
    )
    said = say(campaign, "won", prize="{code}", code="X")
    assert said == "{code} {name} {{code}} {0.__class__} %(prize)s"

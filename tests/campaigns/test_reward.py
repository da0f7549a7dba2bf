"""A reward is given once, and only while there is one left (I8)."""

import signal
import threading

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditRow
from apps.campaigns.deliver import (
    Address,
    BadAddress,
    NoSuchCode,
    deliver,
    redeem,
    show_address,
    write_address,
)
from apps.campaigns.join import join
from apps.campaigns.keep import Prize
from apps.campaigns.launch import close
from apps.campaigns.models import CouponCode, Grant, Reward
from apps.campaigns.remind import ask_to_hand_out, nothing_left_to_hand_out
from apps.campaigns.reward import (
    AlreadyDelivered,
    ClaimedTooLate,
    NoReasonGiven,
    NotReached,
    OutOfStock,
    TakenBackAlready,
    WonAlready,
    award_due,
    claim,
    grant,
    take_part,
    void,
)
from apps.common.errors import Refused
from apps.contacts.merge import merge
from apps.events.models import EventRecord
from apps.followups.models import Task
from apps.loyalty.points import balance_of
from tests import make
from tests.campaigns.given import a_campaign, conserved, somebody
from tests.channels.test_killed import in_a_process
from tests.conftest import day

TIERS = (
    Prize(name="一级", needed=1, initial=5),
    Prize(name="三级", needed=3, initial=1),
)
GIVE = """
from django.utils import timezone
from apps.campaigns.models import Participation, Reward
from apps.campaigns.reward import grant
who = Participation.objects.latest("pk")
grant(reward=Reward.objects.get(), participation=who, at=timezone.now())
"""


def names(participation) -> list[str]:
    live = Grant.objects.live().filter(participation=participation)
    return sorted(live.values_list("reward__name", flat=True))


@pytest.mark.django_db
class TestGrant:
    def test_one_person_gets_no_more_than_their_share(self):
        ann = somebody(
            a_campaign(Prize(name="杯子", needed=1, initial=9, per_person=2))
        )
        cup = Reward.objects.get()

        for _time in range(2):
            grant(reward=cup, participation=ann, at=day(2))
        with pytest.raises(WonAlready):
            grant(reward=cup, participation=ann, at=day(2))

        assert conserved(cup)
        assert cup.left == 7

    def test_the_last_one_is_the_last(self):
        campaign = a_campaign(Prize(name="杯子", needed=1, initial=1))
        ann, bob = somebody(campaign), somebody(campaign)
        cup = Reward.objects.get()

        grant(reward=cup, participation=ann, at=day(2))
        with pytest.raises(OutOfStock):
            grant(reward=cup, participation=bob, at=day(2))

        assert conserved(cup)
        told = EventRecord.objects.get(kind="RewardGranted")
        assert told.facts["left"] == 0

    def test_each_winner_has_a_code_and_it_comes_back_with_the_prize(self):
        prize = Prize(name="券", kind="coupon", needed=1, initial=1, codes=("A1",))
        ann = somebody(a_campaign(prize))
        mine = grant(reward=Reward.objects.get(), participation=ann, at=day(2))
        assert mine.coupon.code == "A1"

        void(grant=mine, why="作弊", by=make.root(), at=day(3))

        assert CouponCode.objects.get().grant is None
        assert conserved(Reward.objects.get())
        assert AuditRow.objects.filter(deed="prize_taken_back").exists()

    def test_points_come_once_and_are_taken_back(self):
        prize = Prize(name="积分", kind="points", points=50, needed=1, initial=9)
        ann = somebody(a_campaign(prize))
        mine = grant(reward=Reward.objects.get(), participation=ann, at=day(2))
        assert balance_of(ann.contact_id) == 50

        void(grant=mine, why="作弊", by=make.root(), at=day(3))

        assert balance_of(ann.contact_id) == 0
        with pytest.raises(TakenBackAlready):
            void(grant=mine, why="作弊", by=make.root(), at=day(3))

    def test_what_is_delivered_stays_and_a_reason_is_wanted(self):
        ann = somebody(a_campaign(*TIERS))
        (mine,) = award_due(participation=ann, tally=1, at=day(2))
        boss = make.root()
        with pytest.raises(NoReasonGiven):
            void(grant=mine, why=" ", by=boss, at=day(3))

        deliver(grant=mine, proof="顺丰 SF1", by=boss, at=day(3))

        with pytest.raises(AlreadyDelivered):
            void(grant=mine, why="作弊", by=boss, at=day(4))
        assert conserved(mine.reward)

    def test_two_who_are_merged_won_what_both_won(self):
        campaign = a_campaign(Prize(name="杯子", needed=1, initial=9))
        ann, bob = somebody(campaign), somebody(campaign)
        cup = Reward.objects.get()
        for who in (ann, bob):
            grant(reward=cup, participation=who, at=day(2))

        merge(winner=ann.contact, loser=bob.contact, at=day(3))

        assert conserved(cup)
        with pytest.raises(WonAlready):
            grant(reward=cup, participation=bob, at=day(4))


@pytest.mark.django_db
class TestTiers:
    def test_each_tier_is_given_once_as_it_is_reached(self):
        ann = somebody(a_campaign(*TIERS))
        for tally, won in [
            (0, []),
            (1, ["一级"]),
            (2, ["一级"]),
            (3, ["一级", "三级"]),
        ]:
            award_due(participation=ann, tally=tally, at=day(2))
            assert names(ann) == won
        assert award_due(participation=ann, tally=9, at=day(2)) == []

    def test_a_tier_that_is_gone_does_not_hold_up_the_others(self):
        campaign = a_campaign(
            Prize(name="一级", needed=1, initial=1),
            Prize(name="二级", needed=2, initial=5),
        )
        ann, bob = somebody(campaign), somebody(campaign)
        award_due(participation=ann, tally=2, at=day(2))
        award_due(participation=bob, tally=2, at=day(2))
        assert names(bob) == ["二级"]

    @pytest.mark.parametrize(
        ("deduction", "left"),
        [
            ("never", ["一级", "三级"]),
            ("before_award", ["一级", "三级"]),
            # the first tier is delivered, the other is not
            ("unless_delivered", ["一级"]),
        ],
    )
    def test_when_helpers_leave_what_was_won_is_kept_or_taken_back(
        self, deduction, left
    ):
        ann = somebody(a_campaign(*TIERS, deduction=deduction))
        first, _second = award_due(participation=ann, tally=3, at=day(2))
        deliver(grant=first, proof="到店", by=make.root(), at=day(3))

        award_due(participation=ann, tally=0, at=day(4))

        assert names(ann) == left
        assert all(conserved(row) for row in Reward.objects.all())
        award_due(participation=ann, tally=3, at=day(5))
        assert names(ann) == ["一级", "三级"]

    def test_what_a_person_took_back_is_not_given_again_by_itself(self):
        ann = somebody(a_campaign(*TIERS))
        (mine,) = award_due(participation=ann, tally=1, at=day(2))
        void(grant=mine, why="作弊", by=make.root(), at=day(3))
        assert award_due(participation=ann, tally=1, at=day(4)) == []

    def test_everybody_gets_the_coupon_who_takes_part(self):
        prize = Prize(name="券", kind="coupon", initial=1, codes=("A1",))
        campaign = a_campaign(prize, kind="coupon")
        ann = take_part(campaign=campaign, contact=make.contact(), at=day(2))
        assert names(ann) == ["券"]

    def test_what_is_claimed_must_be_reached_and_claimed_in_time(self):
        ann = somebody(a_campaign(*TIERS, award="claimed", keep_days=7))
        first, third = Reward.objects.order_by("place")
        assert award_due(participation=ann, tally=1, at=day(2)) == []
        with pytest.raises(NotReached):
            claim(reward=third, participation=ann, tally=1, at=day(2))

        close(campaign=ann.campaign, by=None, at=day(5))
        first = Reward.objects.get(pk=first.pk)
        claim(reward=first, participation=ann, tally=1, at=day(6))
        with pytest.raises(WonAlready):
            claim(reward=first, participation=ann, tally=1, at=day(6))
        with pytest.raises(ClaimedTooLate):
            claim(reward=first, participation=ann, tally=1, at=day(12))


@pytest.mark.django_db
class TestHandedOut:
    def test_a_code_is_good_once(self):
        ann = somebody(a_campaign(*TIERS))
        (mine,) = award_due(participation=ann, tally=1, at=day(2))

        redeem(code=mine.redeem_code.lower(), system="till", at=day(3))

        with pytest.raises(AlreadyDelivered):
            redeem(code=mine.redeem_code, system="till", at=day(3))
        with pytest.raises(NoSuchCode):
            redeem(code="NONE", system="till", at=day(3))

    def test_an_address_is_sealed_and_whoever_looks_is_written_down(self):
        prize = Prize(name="杯子", kind="physical", needed=1, initial=1)
        ann, boss = somebody(a_campaign(prize)), make.root()
        (mine,) = award_due(participation=ann, tally=1, at=day(2))
        told = Address(name="张三", phone="13800138000", place="上海市静安区")
        with pytest.raises(BadAddress):
            write_address(
                grant=mine, told=Address(name="张三", phone="12", place="上海")
            )

        write_address(grant=mine, told=told)

        mine.refresh_from_db()
        assert "张三".encode() not in bytes(mine.address)
        assert show_address(grant=mine, by=boss, at=day(3)) == told
        assert AuditRow.objects.filter(deed="address_seen").exists()


@pytest.mark.django_db
def test_whoever_looks_after_the_winner_is_asked_to_hand_it_out_until_it_is():
    ann = make.contact(owner=make.employee())
    prize = Prize(name="杯子", kind="physical", needed=1, initial=1)
    mine = join(campaign=a_campaign(prize), contact=ann, at=day(2))
    (cup,) = award_due(participation=mine, tally=1, at=day(2))

    for _told_again in range(2):
        ask_to_hand_out(grant_id=cup.pk, at=day(2))
    task = Task.objects.get()
    assert (task.employee, "杯子" in task.text) == (ann.owner, True)

    deliver(grant=cup, proof="到店", by=make.root(), at=day(3))
    nothing_left_to_hand_out(grant_id=cup.pk, at=day(3))
    assert not Task.objects.open().exists()


@pytest.mark.django_db
@settings(max_examples=20, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["grant", "void", "deliver"]),
            st.integers(0, 4),
        ),
        max_size=25,
    )
)
def test_whatever_happens_what_there_was_is_what_is_left_and_what_was_won(deeds):
    campaign = a_campaign(Prize(name="杯子", needed=1, initial=3, per_person=2))
    people = [somebody(campaign) for _ in range(5)]
    cup, boss = campaign.rewards.get(), make.root()
    for what, who in deeds:
        theirs = Grant.objects.filter(participation=people[who]).order_by("-pk").first()
        try:
            if what == "grant":
                grant(reward=cup, participation=people[who], at=day(2))
            elif theirs and what == "void":
                void(grant=theirs, why="试", by=boss, at=day(2))
            elif theirs:
                deliver(grant=theirs, proof="试", by=boss, at=day(2))
        except Refused:
            pass
        assert conserved(cup)


@pytest.mark.django_db(transaction=True)
def test_of_fifty_at_once_ten_win_and_nobody_twice():
    """Each asks twice; somebody looks all the while whether the sum is right."""
    codes = tuple(f"A{number}" for number in range(10))
    prize = Prize(name="券", kind="coupon", needed=1, initial=10, codes=codes)
    campaign = a_campaign(prize)
    people = [somebody(campaign) for _ in range(25)]
    cup = Reward.objects.get()
    won, lost, wrong, samples = [], [], [], []
    over = threading.Event()

    def work(who) -> None:
        try:
            won.append(grant(reward=cup, participation=who, at=day(2)))
        except (OutOfStock, WonAlready):
            lost.append(who)
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    def look() -> None:
        look_once = """
            SELECT initial = "left" + (SELECT count(*) FROM campaigns_grant
                WHERE reward_id = reward.id AND status <> 'voided')
            FROM campaigns_reward AS reward
        """
        try:
            while not over.wait(0.005):
                with connection.cursor() as cursor:
                    cursor.execute(look_once)
                    samples.append(cursor.fetchone()[0])
        finally:
            connection.close()

    watcher = threading.Thread(target=look)
    watcher.start()
    threads = [threading.Thread(target=work, args=(who,)) for who in people * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    over.set()
    watcher.join()

    assert not wrong
    assert (len(won), len(lost)) == (10, 40)
    assert len({made.contact_id for made in won}) == 10
    assert {made.coupon.code for made in won} == set(codes)
    assert conserved(cup)
    assert samples
    assert all(samples)


@pytest.mark.django_db(transaction=True)
def test_killed_in_the_middle_nothing_was_given_and_nothing_is_gone(tmp_path):
    prize = Prize(name="积分", kind="points", points=50, needed=1, initial=3)
    ann = somebody(a_campaign(prize))
    cup = Reward.objects.get()

    assert in_a_process(GIVE, "prize.mid kill 1\n", tmp_path) == -signal.SIGKILL
    assert conserved(cup)
    assert (cup.left, balance_of(ann.contact_id)) == (3, 0)

    assert in_a_process(GIVE, "\n", tmp_path) == 0
    assert conserved(cup)
    assert (cup.left, balance_of(ann.contact_id)) == (2, 50)

"""The balance is the sum of the ledger, whatever happens at once."""

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.audit.models import AuditRow
from apps.contacts.merge import merge
from apps.contacts.unmerge import undo
from apps.events.models import EventRecord
from apps.loyalty import points as verbs
from apps.loyalty.grow_old import age_growth, expire_points
from apps.loyalty.models import Membership, PointsEntry
from apps.loyalty.points import (
    BadAmount,
    NoReason,
    NoSuchMember,
    NotEnough,
    ToldOtherwise,
    correct,
    give_back,
    ledger_of,
    spend,
    take_back,
)
from apps.loyalty.setting import keep_setting
from tests import make
from tests.conftest import day
from tests.loyalty.ledgers import earned, level, member, points


@pytest.mark.django_db
class TestTheLedger:
    def test_what_is_told_twice_counts_once(self):
        ann = make.contact()

        first = earned(ann, 50, key="order:1")
        again = earned(ann, 50, key="order:1")

        assert again == first
        assert points(ann) == 50
        assert EventRecord.objects.filter(kind="PointsChanged").count() == 1

    def test_what_is_told_otherwise_under_one_number_is_refused(self):
        ann = make.contact()
        earned(ann, 50, key="order:1")

        with pytest.raises(ToldOtherwise):
            earned(ann, 60, key="order:1")

        assert points(ann) == 50

    def test_nobody_spends_more_than_there_is(self):
        ann = make.contact()
        earned(ann, 50)
        spend(contact_id=ann.pk, points=30, key="s1", at=day(3))

        with pytest.raises(NotEnough, match="20"):
            spend(contact_id=ann.pk, points=21, key="s2", at=day(3))
        with pytest.raises(NotEnough):
            spend(contact_id=make.contact().pk, points=1, key="s3", at=day(3))

        assert points(ann) == 20

    def test_what_was_earned_and_is_taken_back_after_it_was_spent_is_owed(self):
        ann = make.contact()
        entry = earned(ann, 50)
        spend(contact_id=ann.pk, points=30, key="s1", at=day(3))

        take_back(earned=entry, points=50, growth=0, key="t1", at=day(4))

        assert points(ann) == -30
        with pytest.raises(NotEnough):
            spend(contact_id=ann.pk, points=1, key="s2", at=day(5))

    def test_what_was_spent_and_is_given_back_is_there_again(self):
        ann = make.contact()
        earned(ann, 50)
        spent = spend(contact_id=ann.pk, points=30, key="s1", at=day(3))

        give_back(spent=spent, key="g1", at=day(4))
        give_back(spent=spent, key="g1", at=day(4))

        assert points(ann) == 50

    @pytest.mark.parametrize("wrong", [0, -5, 100_000_001])
    def test_an_amount_that_is_none_is_refused(self, wrong):
        ann = make.contact()

        with pytest.raises(BadAmount):
            spend(contact_id=ann.pk, points=wrong, key="s", at=day(3))
        with pytest.raises(BadAmount):
            earned(ann, wrong)

    def test_somebody_who_is_gone_earns_nothing(self):
        ann = make.contact()
        pk = ann.pk
        ann.delete()

        with pytest.raises(NoSuchMember):
            spend(contact_id=pk, points=1, key="s", at=day(3))

    def test_a_correction_says_who_and_why_and_counts_once(self):
        ann, boss = make.contact(), make.user(role="manager")
        told = {"contact": ann, "key": "form-1", "by": boss, "at": day(3)}

        for _ in range(2):
            correct(points=20, why=" 补发  活动积分 ", **told)

        row = AuditRow.objects.get(deed="points_corrected")
        assert row.after == {"points": 20, "why": "补发 活动积分"}
        assert points(ann) == 20
        with pytest.raises(NoReason):
            correct(points=20, why="  ", **told)
        with pytest.raises(NotEnough):
            correct(points=-21, why="多发", **(told | {"key": "form-2"}))


@pytest.mark.django_db
class TestMerged:
    def test_two_ledgers_become_one_and_part_again(self):
        ann, bob = make.contact(), make.contact()
        earned(ann, 30, growth=60)
        earned(bob, 50, growth=70)

        journal = merge(winner=ann, loser=bob, at=day(5))
        assert (points(ann), points(bob)) == (80, 0)
        spend(contact_id=bob.pk, points=60, key="s1", at=day(6))
        assert points(ann) == 20  # whoever asks by the old number is led on

        undo(merge=journal, by=make.root(), at=day(7))
        assert (points(ann), points(bob)) == (-30, 50)
        assert (member(ann).growth, member(bob).growth) == (60, 70)


@pytest.mark.django_db
class TestGrowOld:
    @pytest.fixture
    def a_year(self):
        keep_setting(months=12, growth_days=365, by=make.root(), at=day(1))

    def test_points_count_to_the_end_of_a_month_and_expire_once(self, a_year):
        ann = make.contact()
        entry = earned(ann, 50, at=day(2))
        end = entry.expires_at

        assert expire_points(at=end - timedelta(seconds=1)) == 0
        assert expire_points(at=end) == 1
        assert expire_points(at=end + timedelta(days=1)) == 0

        assert points(ann) == 0

    def test_what_was_spent_counts_against_what_expires_first(self, a_year):
        ann = make.contact()
        first = earned(ann, 50, at=day(2))
        earned(ann, 50, at=day(2) + timedelta(days=60))
        spend(contact_id=ann.pk, points=30, key="s1", at=day(3))

        expire_points(at=first.expires_at)

        assert points(ann) == 50

    def test_what_was_taken_back_expires_no_more(self, a_year):
        ann = make.contact()
        first = earned(ann, 50, at=day(2))
        earned(ann, 10, at=day(2) + timedelta(days=60))
        take_back(earned=first, points=20, growth=0, key="t1", at=day(3))

        expire_points(at=first.expires_at)

        assert points(ann) == 10

    def test_growth_values_grow_old_and_the_level_goes_with_them(self, a_year):
        silver = level(growth_from=100)
        ann = make.contact()
        earned(ann, 0, growth=150, at=day(2))
        assert member(ann).level == silver

        old = day(2) + timedelta(days=365)
        assert age_growth(at=old - timedelta(seconds=1)) == 0
        assert age_growth(at=old) == 1
        assert age_growth(at=old + timedelta(days=1)) == 0

        assert (member(ann).growth, member(ann).level) == (0, None)


@pytest.mark.django_db
@settings(max_examples=25, deadline=None)
@given(
    told=st.lists(
        st.tuples(
            st.sampled_from(["earn", "spend", "take_back", "give_back"]),
            st.integers(1, 60),
            st.integers(0, 5),
        ),
        max_size=14,
    )
)
def test_the_ledger_agrees_with_a_plain_count(told):
    ann = make.contact()
    plain, keep = 0, {}
    for kind, many, name in told:
        key = f"{ann.pk}:{kind}:{name}"
        if kind == "earn" and key not in keep:
            keep[key], plain = earned(ann, many, key=key), plain + many
        elif kind == "spend" and key not in keep:
            try:
                keep[key] = spend(contact_id=ann.pk, points=many, key=key, at=day(3))
                plain -= many
            except NotEnough:
                assert many > plain
        elif kind == "take_back" and (of := keep.get(f"{ann.pk}:earn:{name}")):
            if key not in keep:
                keep[key] = take_back(
                    earned=of, points=of.points, growth=0, key=key, at=day(4)
                )
                plain -= of.points
        elif (
            kind == "give_back"
            and key not in keep
            and (of := keep.get(f"{ann.pk}:spend:{name}"))
        ):
            keep[key] = give_back(spent=of, key=key, at=day(4))
            plain -= of.points
    assert points(ann) == plain


@pytest.mark.django_db(transaction=True)
def test_a_hundred_writers_an_expiry_and_a_merge_at_once_lose_nothing():
    """No spend goes beyond the balance; what is told three times counts once."""
    keep_setting(months=1, growth_days=0, by=make.root(), at=day(1))
    people = [make.contact() for _ in range(5)]
    old = [earned(each, 1_000, at=day(2)) for each in people]
    stop = max(entry.expires_at for entry in old)
    wrong: list[BaseException] = []
    spent: list[int] = []

    def work(seed: int) -> None:
        dice = random.Random(seed)
        try:
            for turn in range(8):
                who = dice.choice(people)
                key, many = f"{seed}:{turn}", dice.randint(1, 90)
                try:
                    for _told_again in range(dice.choice([1, 3])):
                        if dice.random() < 0.5:
                            earned(who, many, key=f"e{key}", at=stop)
                        else:
                            told = {"points": many, "key": f"s{key}", "at": stop}
                            spend(contact_id=who.pk, **told)
                            spent.append(many)
                except NotEnough:
                    continue
        except Exception as error:
            wrong.append(error)
        finally:
            connection.close()

    def grow_old() -> None:
        try:
            expire_points(at=stop)
        finally:
            connection.close()

    def join() -> None:
        try:
            merge(winner=people[0], loser=people[1], at=stop)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(24)]
    threads += [threading.Thread(target=grow_old), threading.Thread(target=join)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not wrong
    assert spent
    for each in people:
        assert points(each) >= 0
    assert points(people[1]) == 0
    rows = PointsEntry.objects.values_list("key", flat=True)
    assert len(rows) == len(set(rows))
    assert sum(Membership.objects.values_list("balance", flat=True)) == sum(
        ledger_of(each.pk) for each in people
    )
    assert verbs.balance_of(people[0].pk) == points(people[0])

"""Lotteries that anybody can check."""

import hashlib
import hmac
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.campaigns.bargain import parts, price_for
from apps.campaigns.draw import (
    OF,
    EnoughForToday,
    NoDrawLeft,
    commitment_to,
    draw,
    is_right,
    lay_down_chances,
    rolled_with,
    secret_of,
    seed_of,
    shown_secret,
    won_with,
)
from apps.campaigns.keep import Prize
from apps.campaigns.launch import close
from apps.campaigns.models import Draw, DrawTable
from apps.loyalty.points import NotEnough, balance_of
from tests import make
from tests.campaigns.given import a_campaign, conserved, somebody
from tests.conftest import day
from tests.loyalty.ledgers import earned

CUP = Prize(name="杯子", initial=50, weight=2_000, per_person=50)
TEA = Prize(name="茶", initial=50, weight=3_000, per_person=50)


@pytest.mark.django_db
class TestDraw:
    def lottery(self, *prizes: Prize, **terms):
        terms = {"helps": 2, "free": 1, "most": 3} | terms
        return somebody(
            a_campaign(*(prizes or (CUP, TEA)), kind="lottery", terms=terms)
        )

    def test_helpers_pay_for_draws_and_no_more_than_they_are_good_for(self):
        ann = self.lottery()
        draw(participation=ann, at=day(2), tally=0)
        with pytest.raises(NoDrawLeft):
            draw(participation=ann, at=day(2), tally=1)
        draw(participation=ann, at=day(2), tally=2)
        draw(participation=ann, at=day(2), tally=99)
        with pytest.raises(NoDrawLeft):  # three at most
            draw(participation=ann, at=day(2), tally=99)
        assert [each.key for each in ann.draws.order_by("pk")] == [
            "help:1",
            "help:2",
            "help:3",
        ]

    def test_points_pay_for_draws_and_there_are_so_many_a_day(self):
        terms = {"points": 30, "a_day": 2}
        ann = somebody(a_campaign(CUP, kind="points_draw", terms=terms))
        earned(ann.contact, 100)
        for _turn in range(2):
            draw(participation=ann, at=day(2))
        with pytest.raises(EnoughForToday):
            draw(participation=ann, at=day(2))
        draw(participation=ann, at=day(3))
        with pytest.raises(NotEnough):
            draw(participation=ann, at=day(4))
        assert balance_of(ann.contact_id) == 10
        assert Draw.objects.count() == 3

    def test_with_what_is_shown_at_the_end_all_is_computed_again(self):
        """As somebody outside would, by the words on the page alone."""
        ann = self.lottery(most=20, free=20)
        table = DrawTable.objects.get()
        assert shown_secret(table) == ""  # while it runs nobody can know
        for _turn in range(20):
            draw(participation=ann, at=day(2))
        close(campaign=ann.campaign, by=None, at=day(3))

        table = DrawTable.objects.get()
        secret = shown_secret(table)
        assert hashlib.sha256(secret.encode()).hexdigest() == table.commitment
        for each in Draw.objects.all():
            name = f"{each.participation_id}:{each.key}".encode()
            seed = hmac.new(secret.encode(), name, hashlib.sha256).hexdigest()
            rolled = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % 10_000
            upto, won = 0, None
            for reward, chance in table.chances:
                if won is None and upto <= rolled < upto + chance:
                    won = reward
                upto += chance
            assert (each.seed, each.rolled, each.reward_id) == (seed, rolled, won)

    def test_a_line_that_was_changed_is_found_out(self):
        ann = self.lottery()
        made = draw(participation=ann, at=day(2))
        secret = secret_of(made.table)
        assert is_right(made, secret=secret)
        for change in ({"rolled": (made.rolled + 1) % OF}, {"seed": "0" * 64}):
            for name, value in change.items():
                setattr(made, name, value)
            assert not is_right(made, secret=secret)
            made.refresh_from_db()
        other = somebody(ann.campaign)
        made.participation = other  # somebody else's luck
        assert not is_right(made, secret=secret)

    def test_what_is_drawn_and_gone_was_drawn_all_the_same(self):
        sure = replace(CUP, weight=OF, initial=1)
        ann = self.lottery(sure, free=2)
        first = draw(participation=ann, at=day(2))
        second = draw(participation=ann, at=day(2))
        assert first.grant is not None
        assert second.grant is None
        assert second.reward is not None
        assert conserved(second.reward)
        assert is_right(second)

    def test_new_chances_are_a_new_version_and_old_draws_keep_theirs(self):
        ann = self.lottery()
        old = draw(participation=ann, at=day(2))
        lay_down_chances(ann.campaign, at=day(3))
        new = draw(participation=ann, at=day(3), tally=2)
        assert (old.table.version, new.table.version) == (1, 2)
        assert is_right(old, secret=secret_of(old.table))
        assert old.table.commitment == commitment_to(secret_of(old.table))


def test_each_number_is_rolled_about_as_often():
    many = 20_000
    seeds = (seed_of("s", participation_id=n, key="help:1") for n in range(many))
    below = sum(rolled_with(seed) < OF // 4 for seed in seeds)
    assert abs(below - many / 4) < 5 * (many * 3 / 16) ** 0.5


def test_prizes_take_up_the_numbers_from_nothing_on():
    chances = [[7, 1], [8, 9_999]]
    assert [won_with(chances, n) for n in (0, 1, 9_999)] == [7, 8, 8]
    assert won_with([[7, 1]], 1) is None


@given(st.integers(1, 200), st.integers(0, 5_000_000), st.text(max_size=5))
def test_the_parts_of_a_bargain_come_to_exactly_what_lies_between(many, more, seed):
    total = many + more
    found = parts(total=total, many=many, seed=seed)
    assert sum(found) == total
    assert len(found) == many
    assert min(found) >= 1


@pytest.mark.django_db
def test_a_bargain_ends_at_the_lowest_price_and_rises_when_a_helper_leaves():
    prize = Prize(name="资格", needed=5, initial=1)
    ann = somebody(a_campaign(prize, kind="bargain"))
    prices = [price_for(ann, tally=tally) for tally in range(7)]
    assert prices[0] == 10_000
    assert prices == sorted(prices, reverse=True)
    assert prices[5] == prices[6] == 100
    assert price_for(ann, tally=-1) == 10_000
    assert make.contact() is not None

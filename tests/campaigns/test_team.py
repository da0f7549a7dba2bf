"""A group buy: settled by paid orders, whatever is heard of first."""

from datetime import timedelta

import pytest

from apps.campaigns.keep import Prize
from apps.campaigns.models import Grant, Team
from apps.campaigns.team import (
    InATeamAlready,
    TeamClosed,
    TeamFull,
    join_team,
    open_team,
    settle,
    settle_teams_of,
    settle_those_over,
)
from apps.orders.models import Order, OrderLine, Product
from tests.campaigns.given import a_campaign, conserved, somebody
from tests.conftest import day

pytestmark = pytest.mark.django_db


@pytest.fixture
def product() -> Product:
    return Product.objects.create(system="shop", number="1", name="月卡")


@pytest.fixture
def people(product):
    prize = Prize(name="杯子", initial=9)
    terms = {"product": product.pk, "size": 2, "hours": 24}
    campaign = a_campaign(prize, kind="group_buy", terms=terms)
    return [somebody(campaign) for _ in range(3)]


def pays(who, product, at, **fields) -> Order:
    order = Order.objects.create(
        system="shop",
        number=f"{who.pk}-{Order.objects.count()}",
        contact=who.contact,
        amount=9_900,
        placed_at=at,
        paid_at=at,
        changed_at=at,
        lines_digest=b"",
        **{"status": Order.Status.PAID, **fields},
    )
    OrderLine.objects.create(
        order=order, position=1, product=product, quantity=1, amount=9_900
    )
    settle_teams_of(contact_id=who.contact_id, at=at)
    return order


def status() -> str:
    return Team.objects.get().status


def test_it_is_complete_when_all_have_paid_and_each_gets_the_prize(people, product):
    ann, bob, _eve = people
    team = open_team(participation=ann, at=day(3))
    pays(ann, product, day(3.1))
    join_team(team=team, participation=bob, at=day(3.2))
    assert status() == "open"
    pays(bob, product, day(3.3))
    assert status() == "full"
    assert Grant.objects.count() == 2
    assert conserved(Grant.objects.first().reward)


def test_who_paid_before_we_heard_of_the_team_has_paid(people, product):
    ann, bob, _eve = people
    team = open_team(participation=ann, at=day(3))
    pays(bob, product, day(3.1))
    pays(ann, product, day(3.1))
    join_team(team=team, participation=bob, at=day(3.2))
    assert status() == "full"


def test_its_time_is_over_and_an_order_paid_in_time_is_heard_of_late(people, product):
    ann, bob, _eve = people
    team = open_team(participation=ann, at=day(3))
    join_team(team=team, participation=bob, at=day(3.1))
    pays(ann, product, day(3.2))
    settle_those_over(at=team.ends_at - timedelta(seconds=1))
    assert status() == "open"
    settle_those_over(at=team.ends_at)
    assert status() == "failed"

    pays(bob, product, day(3.5))

    assert status() == "full"


@pytest.mark.parametrize(
    "fields",
    [{"status": Order.Status.REFUNDED}, {"paid_at": day(5)}, {"paid_at": None}],
)
def test_what_was_given_back_or_paid_too_late_is_not_paid(people, product, fields):
    ann, bob, _eve = people
    team = open_team(participation=ann, at=day(3))
    join_team(team=team, participation=bob, at=day(3.1))
    pays(ann, product, day(3.2))
    order = pays(bob, product, day(3.9), status=Order.Status.PLACED)
    Team.objects.update(status="open")
    Grant.objects.all().delete()
    Order.objects.filter(pk=order.pk).update(**fields)
    settle(team_id=team.pk, at=team.ends_at)
    assert status() == "failed"


def test_one_order_pays_for_one_team(people, product):
    ann, bob, eve = people
    first = open_team(participation=ann, at=day(3))
    pays(ann, product, day(3.1))
    join_team(team=first, participation=bob, at=day(3.1))
    pays(bob, product, day(3.2))

    second = open_team(participation=ann, at=day(3.3))
    join_team(team=second, participation=eve, at=day(3.3))
    pays(eve, product, day(3.4))

    assert Team.objects.get(pk=second.pk).status == "open"


def test_nobody_is_in_two_open_teams_or_in_one_that_is_full_or_over(people, product):
    ann, bob, eve = people
    team = open_team(participation=ann, at=day(3))
    with pytest.raises(InATeamAlready):
        open_team(participation=ann, at=day(3))
    join_team(team=team, participation=bob, at=day(3.1))
    join_team(team=team, participation=bob, at=day(3.1))  # once more is once
    with pytest.raises(TeamFull):
        join_team(team=team, participation=eve, at=day(3.1))
    with pytest.raises(TeamClosed):
        join_team(team=team, participation=eve, at=team.ends_at)

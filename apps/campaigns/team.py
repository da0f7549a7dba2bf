"""A group buy: some buy a product together within some hours.

Whether a member has paid is looked up in the orders, so it does not matter whether the
order or the member is heard of first: an order of the product, paid in the team's time
and not given back. A team is complete when enough have paid, and fails when its time is
over; an order that was paid in time and is heard of later still completes it. What is
complete stays so.
"""

import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from apps.campaigns.events import TeamSettled
from apps.campaigns.join import refuse_unless_open
from apps.campaigns.keep import SLUG
from apps.campaigns.kinds import GroupBuyTerms, terms_of
from apps.campaigns.models import Campaign, Participation, Team, TeamMember
from apps.campaigns.reward import OutOfStock, WonAlready, grant
from apps.common.errors import Refused
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.loyalty.points import hold
from apps.orders.models import Order

REF_LENGTH = 12
LATE = timedelta(days=7)  # for which a paid order that is heard of late still counts
Status = Team.Status


class NotAGroupBuy(Refused):
    """In this campaign nobody buys together."""

    code = "not_a_group_buy"


class InATeamAlready(Refused):
    """You are in a team that is still open."""

    code = "in_a_team_already"


class TeamClosed(Refused):
    """This team is complete, or its time is over."""

    code = "team_closed"


class TeamFull(Refused):
    """This team has no place left."""

    code = "team_full"


@transaction.atomic
def open_team(*, participation: Participation, at: datetime) -> Team:
    campaign = participation.campaign
    refuse_unless_open(campaign, at=at)
    terms = terms_of(campaign)
    if not isinstance(terms, GroupBuyTerms):
        raise NotAGroupBuy
    hold(participation.contact_id)
    refuse_two_at_once(participation)
    team = Team.objects.create(
        campaign=campaign,
        ref="".join(secrets.choice(SLUG) for _ in range(REF_LENGTH)),
        size=terms.size,
        opened_at=at,
        ends_at=min(at + timedelta(hours=terms.hours), campaign.ends_at),
    )
    let_in(team, participation, at=at, opened=True)
    settle(team_id=team.pk, at=at)
    return team


@transaction.atomic
def join_team(*, team: Team, participation: Participation, at: datetime) -> Team:
    """Asking twice is once."""
    if team.campaign_id != participation.campaign_id:
        raise TeamClosed
    refuse_unless_open(participation.campaign, at=at)
    hold(participation.contact_id)
    team = held_team(team.pk)
    if team.members.filter(contact=participation.contact_id).exists():
        return team
    if team.status != Status.OPEN or at >= team.ends_at:
        raise TeamClosed
    if team.members.count() >= team.size:
        raise TeamFull
    refuse_two_at_once(participation)
    let_in(team, participation, at=at)
    settle(team_id=team.pk, at=at)
    team.refresh_from_db()
    return team


def refuse_two_at_once(participation: Participation) -> None:
    theirs = TeamMember.objects.filter(
        contact=participation.contact_id, team__campaign=participation.campaign_id
    )
    if theirs.filter(team__status=Status.OPEN).exists():
        raise InATeamAlready


def let_in(
    team: Team, participation: Participation, *, at: datetime, opened: bool = False
) -> None:
    try:
        with transaction.atomic():
            TeamMember.objects.create(
                team=team,
                participation=participation,
                contact_id=participation.contact_id,
                opened=opened,
                joined_at=at,
            )
    except IntegrityError as error:
        raise InATeamAlready from error


def held_team(team_id: int) -> Team:
    return Team.objects.select_for_update(no_key=True).get(pk=team_id)


# --- settled by paid orders -----------------------------------------------------------


@transaction.atomic
def settle(*, team_id: int, at: datetime) -> Team:
    """Look up anew who has paid; complete it, or let it fail."""
    team = held_team(team_id)
    if team.status == Status.FULL:
        return team
    product = terms_of(team.campaign).product
    members = list(team.members.all())
    paid = 0
    for member in members:
        order = order_of(member, team, product)
        if member.order_id != (order.pk if order else None):
            TeamMember.objects.filter(pk=member.pk).update(order=order)
        paid += order is not None
    if paid >= team.size:
        finish(team, Status.FULL, members, at=at)
    elif at >= team.ends_at and team.status == Status.OPEN:
        finish(team, Status.FAILED, members, at=at)
    return team


def order_of(member: TeamMember, team: Team, product: int) -> Order | None:
    """The earliest that is paid for this team and for no other."""
    orders = Order.objects.filter(
        contact=member.contact_id,
        lines__product=product,
        paid_at__gte=team.opened_at,
        paid_at__lt=team.ends_at,
    )
    taken = TeamMember.objects.filter(
        contact=member.contact_id, order__isnull=False
    ).exclude(pk=member.pk)
    fit = orders.exclude(status=Order.Status.REFUNDED).exclude(
        pk__in=taken.values("order")
    )
    return fit.order_by("paid_at", "pk").distinct().first()


def finish(
    team: Team, outcome: str, members: Iterable[TeamMember], *, at: datetime
) -> None:
    team.status, team.settled_at = outcome, at
    team.save(update_fields=["status", "settled_at"])
    members = list(members)
    record_all(
        TeamSettled(
            at=at,
            source=EventRecord.Source.SYSTEM,
            contact_id=member.contact_id,
            campaign_id=team.campaign_id,
            team_id=team.pk,
            outcome=outcome,
        )
        for member in members
    )
    if outcome == Status.FULL:
        for member in sorted(members, key=lambda member: member.contact_id):
            reward_them(member, at=at)


def reward_them(member: TeamMember, *, at: datetime) -> None:
    """Each member of a complete team gets what there is, as often as one may."""
    for reward in member.team.campaign.rewards.order_by("place"):
        try:
            grant(reward=reward, participation=member.participation, at=at)
        except (OutOfStock, WonAlready):
            continue


def settle_teams_of(*, contact_id: int, at: datetime) -> None:
    """An order of theirs has changed: is one of their teams complete now?"""
    teams = Team.objects.filter(
        members__contact=contact_id, ends_at__gt=at - LATE
    ).exclude(status=Status.FULL)
    for number in sorted(set(teams.values_list("pk", flat=True))):
        settle(team_id=number, at=at)


def settle_those_over(*, at: datetime) -> int:
    over = Team.objects.filter(status=Status.OPEN, ends_at__lte=at)
    numbers = list(over.order_by("ends_at").values_list("pk", flat=True)[:1000])
    for number in numbers:
        settle(team_id=number, at=at)
    return len(numbers)


def group_buys_run() -> bool:
    return Campaign.objects.filter(
        kind=Campaign.Kind.GROUP_BUY, status=Campaign.Status.LAUNCHED
    ).exists()

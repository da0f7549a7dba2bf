"""What a campaign has come to: who took part, what was won, day by day."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from apps.campaigns.models import Campaign, Grant, Participation, Reward

DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Day:
    day: date
    joined: int
    won: int


@dataclass(frozen=True, kw_only=True)
class Stock:
    """One prize: how it stands."""

    reward: Reward
    won: int
    delivered: int
    codes: int

    @property
    def taken(self) -> int:
        return self.reward.initial - self.reward.left


@dataclass(frozen=True, kw_only=True)
class Figures:
    initial: int
    left: int
    won: int
    delivered: int
    cost: int
    prizes: list[Stock]
    days: list[Day]

    @property
    def most(self) -> int:
        return max((day.joined for day in self.days), default=0) or 1


def figures_of(campaign: Campaign, *, at: datetime) -> Figures:
    live, done = ~Q(grants__status="voided"), Q(grants__status="delivered")
    rewards = campaign.rewards.annotate(
        won=Count("grants", filter=live), done=Count("grants", filter=done)
    )
    codes = dict(
        campaign.rewards.filter(codes__grant__isnull=True)
        .values_list("pk")
        .annotate(Count("codes"))
        .order_by()
    )
    prizes = [
        Stock(reward=row, won=row.won, delivered=row.done, codes=codes.get(row.pk, 0))
        for row in rewards.order_by("place")
    ]
    return Figures(
        initial=sum(each.reward.initial for each in prizes),
        left=sum(each.reward.left for each in prizes),
        won=sum(each.won for each in prizes),
        delivered=sum(each.delivered for each in prizes),
        cost=sum(each.won * each.reward.value for each in prizes),
        prizes=prizes,
        days=days_of(campaign, at=at),
    )


def days_of(campaign: Campaign, *, at: datetime) -> list[Day]:
    """The last days on which it ran."""
    last = timezone.localdate(min(at, campaign.ended_at))
    first = max(last - timedelta(days=DAYS - 1), timezone.localdate(campaign.starts_at))
    since = timezone.localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    since -= timedelta(days=(timezone.localdate(at) - first).days)
    joined = by_day(
        Participation.objects.filter(campaign=campaign, joined_at__gte=since),
        "joined_at",
    )
    won = by_day(
        Grant.objects.live().filter(reward__campaign=campaign, granted_at__gte=since),
        "granted_at",
    )
    many = max(0, (last - first).days + 1)
    days = [last - timedelta(days=ahead) for ahead in range(many)]
    return [
        Day(day=day, joined=joined.get(day, 0), won=won.get(day, 0)) for day in days
    ]


def by_day(rows, field: str) -> dict[date, int]:
    days = rows.order_by().values_list(TruncDate(field)).annotate(Count("pk"))
    return dict(days)


def stocks_of(campaigns: list[Campaign]) -> dict[int, tuple[int, int]]:
    """For a list: what there was, and what is left."""
    rows = Reward.objects.filter(campaign__in=campaigns).order_by()
    sums = rows.values_list("campaign").annotate(Sum("initial"), Sum("left"))
    return {pk: (initial, left) for pk, initial, left in sums}

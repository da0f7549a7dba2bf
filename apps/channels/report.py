"""What a code brought: day by day, against its target, and what it cost.

given       contacts who took a turn, by the day on which they were added
came again  customers of a colleague, who took none
left        of whom it brought, those who have deleted us since
opened      of a link: how often it was opened, as WeCom counts it
wrote       of a link: whom it brought and who has written
cost        the cost per day, times the days since it was first published
each        the cost, divided by those who were given
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Sum

from apps.channels.duty import local
from apps.channels.models import Channel, ChannelDay, Entry, LinkDay

DAYS = 30


@dataclass(frozen=True, kw_only=True)
class Day:
    day: date
    given: int = 0
    again: int = 0
    over: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    days: list[Day]
    given: int
    again: int
    over: int
    left: int
    opened: int
    wrote: int
    cost: int | None  # fen
    each: int | None  # fen

    @property
    def most(self) -> int:
        return max((day.given for day in self.days), default=0) or 1

    @property
    def staying(self) -> int | None:
        """In a hundred of all whom it brought."""
        came = self.given + self.again
        return round((came - self.left) * 100 / came) if came else None


def report_of(channel: Channel, *, at: datetime) -> Report:
    """Three statements, five of a link, over its own rows alone."""
    today = local(at).date()
    rows = ChannelDay.objects.filter(channel=channel)
    sums = rows.aggregate(
        given=Sum("added", default=0),
        again=Sum("again", default=0),
        over=Sum("over", default=0),
    )
    recent = (
        rows.filter(day__gt=today - timedelta(days=DAYS))
        .values("day")
        .annotate(given=Sum("added"), came_again=Sum("again"), beyond=Sum("over"))
    )
    found = {
        row["day"]: Day(
            day=row["day"],
            given=row["given"],
            again=row["came_again"],
            over=row["beyond"],
        )
        for row in recent
    }
    spans = (today - timedelta(days=ago) for ago in range(DAYS))
    entries = Entry.objects.filter(channel=channel)
    cost = cost_of(channel, today=today)
    return Report(
        days=[found.get(day, Day(day=day)) for day in spans],
        left=entries.filter(has_left=True).count(),
        opened=opened_by(channel),
        wrote=entries.filter(spoke_at__isnull=False).count() if channel.is_link else 0,
        cost=cost,
        each=round(cost / sums["given"]) if cost and sums["given"] else None,
        **sums,
    )


def opened_by(channel: Channel) -> int:
    if not channel.is_link:
        return 0
    days = LinkDay.objects.filter(channel=channel)
    return days.aggregate(opened=Sum("opened", default=0))["opened"]


def cost_of(channel: Channel, *, today: date) -> int | None:
    if channel.cost_per_day is None or channel.first_published_at is None:
        return None
    days = (today - local(channel.first_published_at).date()).days + 1
    return channel.cost_per_day * max(days, 1)


def given_today(channels: list[int], *, at: datetime) -> dict[int, int]:
    rows = ChannelDay.objects.filter(channel__in=channels, day=local(at).date())
    return dict(
        rows.values("channel")
        .annotate(many=Sum("added"))
        .values_list("channel", "many")
    )

"""Who joined by a code, counted from the stays that tell its state.

Nothing is counted beside them: a stay that is told late or twice is one stay.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate

from apps.channels.duty import local
from apps.groups.models import Stay
from apps.joins.models import GroupCode

DAYS = 14


@dataclass(frozen=True, kw_only=True)
class Day:
    day: date
    joined: int = 0


@dataclass(frozen=True, kw_only=True)
class Report:
    days: list[Day]
    joined: int
    still_in: int
    by_group: dict[int, int]

    @property
    def most(self) -> int:
        return max((day.joined for day in self.days), default=0) or 1

    @property
    def staying(self) -> int | None:
        """In a hundred of all who joined."""
        return round(self.still_in * 100 / self.joined) if self.joined else None


def report_of(code: GroupCode, *, at: datetime) -> Report:
    """Two statements, over the stays of the code alone."""
    stays = Stay.objects.filter(state=code.state)
    inside = Q(left_at__isnull=True)
    groups = stays.values("group").annotate(
        joined=Count("pk"), inside=Count("pk", filter=inside)
    )
    by_group = {row["group"]: (row["joined"], row["inside"]) for row in groups}
    today = local(at).date()
    recent = stays.filter(joined_at__gte=local(at) - timedelta(days=DAYS))
    rows = recent.annotate(day=TruncDate("joined_at")).values("day")
    found = {row["day"]: row["many"] for row in rows.annotate(many=Count("pk"))}
    spans = (today - timedelta(days=ago) for ago in range(DAYS))
    return Report(
        days=[Day(day=day, joined=found.get(day, 0)) for day in spans],
        joined=sum(joined for joined, _inside in by_group.values()),
        still_in=sum(inside for _joined, inside in by_group.values()),
        by_group={group: joined for group, (joined, _inside) in by_group.items()},
    )


def joined_by(states: Iterable[str]) -> dict[str, int]:
    """In all, by code."""
    rows = Stay.objects.filter(state__in=list(states)).values("state")
    return dict(rows.annotate(many=Count("pk")).values_list("state", "many"))

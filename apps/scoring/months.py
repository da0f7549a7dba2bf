"""How scores were at the end of each month: of one contact, and of all by grade."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from apps.scoring.models import ScoreMonth

SHOWN = 12
HIGH = 44  # of the drawing
# Whoever has one already keeps it: a month is written once.
WRITE = """
INSERT INTO scoring_scoremonth (contact_id, month, score, grade)
SELECT contact_id, %s, score, grade FROM scoring_standing WHERE generation > 0
ON CONFLICT (contact_id, month) DO NOTHING
"""


@dataclass(frozen=True, kw_only=True)
class Month:
    month: date
    score: int
    grade: str
    high: int  # of its bar


def keep_month(*, at: datetime) -> None:
    """Of the month that is over."""
    today = timezone.localdate(at)
    last = today.replace(day=1) - timedelta(days=1)
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [last.replace(day=1)])


def months_of(contact_id: int) -> list[Month]:
    """The last year, the oldest first."""
    rows = ScoreMonth.objects.filter(contact=contact_id).order_by("-month")[:SHOWN]
    kept = list(reversed(rows))
    most = max((abs(row.score) for row in kept), default=0) or 1
    return [
        Month(
            month=row.month,
            score=row.score,
            grade=row.grade,
            high=round(HIGH * max(row.score, 0) / most),
        )
        for row in kept
    ]


def trend() -> list[tuple[date, dict[str, int]]]:
    """How many were in each grade, month by month."""
    rows = ScoreMonth.objects.values_list("month", "grade").annotate(many=Count("pk"))
    found: dict[date, dict[str, int]] = {}
    for month, grade, many in rows.order_by("month"):
        found.setdefault(month, {})[grade] = many
    return list(found.items())[-SHOWN:]

"""What was foretold of each contact, month by month, for two years."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from apps.scoring.models import ForetoldMonth

KEPT = timedelta(days=731)
SHOWN = 12
HIGH, STEP = 40, 20  # of the drawing

# Whoever has one already keeps it: a month is written once.
WRITE = """
INSERT INTO scoring_foretoldmonth (contact_id, month, chance, alive, value)
SELECT contact_id, %s, told.chance, life.alive, life.value
FROM scoring_chance AS told FULL JOIN scoring_lifetime AS life USING (contact_id)
ON CONFLICT (contact_id, month) DO NOTHING
"""


@transaction.atomic
def keep_month(*, at: datetime) -> None:
    """Of the month that is over."""
    today = timezone.localdate(at)
    month = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [month])
    ForetoldMonth.objects.filter(month__lt=today - KEPT).delete()


def months_of(contact_id: int) -> dict[str, Any] | None:
    """The chances of the last year, the oldest first, to be drawn; or else how likely
    they still were a customer."""
    rows = ForetoldMonth.objects.filter(contact=contact_id).order_by("-month")[:SHOWN]
    kept = list(reversed(rows))
    for name in ("chance", "alive"):
        told = [(row.month, getattr(row, name)) for row in kept]
        known = [(month, float(value)) for month, value in told if value is not None]
        if len(known) > 1:
            return {"name": name, **bars(known)}
    return None


def bars(known: list[tuple[date, float]]) -> dict[str, Any]:
    most = max(value for _month, value in known) or 1
    return {
        "wide": STEP * len(known),
        "high": HIGH,
        "first": known[0][0],
        "last": known[-1][0],
        "bars": [
            {
                "x": STEP * place + 3,
                "y": f"{HIGH - value / most * HIGH:.1f}",
                "height": f"{max(value / most * HIGH, 1):.1f}",
                "width": STEP - 6,
                "words": f"{month:%Y-%m} {value:g}%",
            }
            for place, (month, value) in enumerate(known)
        ],
    }

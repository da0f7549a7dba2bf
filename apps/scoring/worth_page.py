"""The page of what customers are worth: how good the model is, who is in which band.

Numbers are of all customers, so the page is for those who see all.
"""

from typing import Any, NamedTuple

from django.db.models import Count, Q, Sum
from django.urls import reverse
from django.utils.dateparse import parse_date

from apps.scoring.contact_panels import BANDS
from apps.scoring.lifetime import FEWEST
from apps.scoring.models import Lifetime, LifetimeFit

WIDE, HIGH = 720, 220  # of the drawing
TICKS = 4


class Band(NamedTuple):
    title: Any
    many: int
    share: str
    value: int | None
    address: str


def page_of() -> dict[str, Any]:
    fit = LifetimeFit.objects.first()
    return {
        "fit": fit,
        "error": "" if fit is None or fit.error is None else f"{fit.error:.1%}",
        "few": FEWEST,
        "bands": bands() if fit else [],
        "curve": curve(fit) if fit else None,
    }


def bands() -> list[Band]:
    told: dict[str, Any] = {}
    for name, (least, below, _title) in BANDS.items():
        inside = Q(alive__gte=least, alive__lt=below)
        told |= {f"n{name}": Count("pk", filter=inside)}
        told |= {f"v{name}": Sum("value", filter=inside)}
    sums = Lifetime.objects.aggregate(**told)
    every = sum(sums[f"n{name}"] for name in BANDS) or 1
    base = reverse("admin:contacts_contact_changelist")
    return [
        Band(
            title,
            sums[f"n{name}"],
            f"{sums[f'n{name}'] / every:.0%}",
            sums[f"v{name}"],
            f"{base}?alive={name}",
        )
        for name, (_least, _below, title) in BANDS.items()
    ]


def curve(fit: LifetimeFit) -> dict[str, Any] | None:
    """Lines of what happened and what was expected, week by week, to be drawn."""
    if len(fit.tracking) < 2:
        return None
    most = max(max(week[1], week[2]) for week in fit.tracking) or 1
    step = WIDE / (len(fit.tracking) - 1)

    def line(column: int) -> str:
        return " ".join(
            f"{number * step:.1f},{HIGH - week[column] / most * HIGH:.1f}"
            for number, week in enumerate(fit.tracking)
        )

    days = [parse_date(week[0]) for week in fit.tracking]
    known = sum(1 for day in days if day and fit.known_until and day <= fit.known_until)
    return {
        "wide": WIDE,
        "high": HIGH,
        "happened": line(1),
        "expected": line(2),
        "known": f"{max(known - 1, 0) * step:.1f}",
        "unseen": f"{WIDE - max(known - 1, 0) * step:.1f}",
        "first": days[0],
        "last": days[-1],
        "ticks": [
            {"y": f"{HIGH - HIGH * n / TICKS:.1f}", "many": round(most * n / TICKS)}
            for n in range(1, TICKS + 1)
        ],
        "total": fit.tracking[-1],
    }

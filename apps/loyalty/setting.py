"""How long points and growth values count."""

from datetime import datetime

from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused
from apps.loyalty.models import PointsSetting
from apps.staff.models import User

MOST_MONTHS = 120
MOST_DAYS = 3_650


class BadSpan(Refused):
    """Up to 120 months and 3,650 days; 0 is for ever."""

    code = "bad_span_of_points"


def setting() -> PointsSetting:
    return PointsSetting.objects.first() or PointsSetting()


@transaction.atomic
def keep_setting(
    *, months: int | None, growth_days: int | None, by: User, at: datetime
) -> None:
    """For points that are earned from now on; of growth values, also of older ones."""
    if months is None or growth_days is None:
        raise BadSpan
    if not (0 <= months <= MOST_MONTHS and 0 <= growth_days <= MOST_DAYS):
        raise BadSpan
    kept = PointsSetting.objects.select_for_update().first() or PointsSetting()
    before = {"months": kept.months, "growth_days": kept.growth_days}
    after = {"months": months, "growth_days": growth_days}
    if kept.pk and before == after:
        return
    if growth_days != kept.growth_days:
        kept.aged_until = None
    kept.months, kept.growth_days = months, growth_days
    kept.save()
    note(deed="changed", by=by, at=at, about=kept, before=before, after=after)

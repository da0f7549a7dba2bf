"""What one is reminded of under the bell: seen when opened, or when it is done."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.followups.models import Notice
from apps.staff.models import User

MOST = 99  # counted; beyond it is "99+"


def unseen_of(user: User) -> int:
    found = Notice.objects.visible_to(user).unseen().order_by()
    return len(found.values_list("pk", flat=True)[: MOST + 1])


def bell_of(request: Any) -> int:
    """What stands beside the bell of whoever asks."""
    return unseen_of(request.user)


@transaction.atomic
def see(*, notices: Iterable[int], by: User, at: datetime) -> None:
    """One's own alone. That somebody looked is no news to the audit."""
    mine = Notice.objects.unseen().filter(employee=by.employee_id, pk__in=notices)
    mine.update(seen_at=at)


@transaction.atomic
def see_all(*, by: User, at: datetime) -> int:
    mine = Notice.objects.unseen().filter(employee=by.employee_id, at__lte=at)
    return mine.update(seen_at=at)


def settle(*, tasks: Iterable[int], at: datetime) -> None:
    """What is done need not be reminded of."""
    Notice.objects.unseen().filter(task__in=list(tasks)).update(seen_at=at)

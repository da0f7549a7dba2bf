"""What happens to points by the clock, and after levels have changed."""

from celery import shared_task
from django.utils import timezone

from apps.loyalty.grow_old import age_growth, expire_points
from apps.loyalty.level import settle_everybody


@shared_task(name="loyalty.grow_old", ignore_result=True)
def grow_old() -> None:
    now = timezone.now()
    expire_points(at=now)
    age_growth(at=now)
    settle_everybody(at=now)


@shared_task(name="loyalty.settle", ignore_result=True)
def settle() -> None:
    """Levels have changed. Lost with a broker, it is done in the night."""
    settle_everybody(at=timezone.now())

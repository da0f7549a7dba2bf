"""What happens to drawn posters by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.posters.keep import forget_drawn


@shared_task(name="posters.forget_drawn", ignore_result=True)
def forget_old() -> None:
    forget_drawn(at=timezone.now())

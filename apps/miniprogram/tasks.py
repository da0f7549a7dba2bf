"""By the clock: tokens that have expired are deleted."""

from celery import shared_task
from django.utils import timezone

from apps.miniprogram.tokens import forget_old_ones


@shared_task(name="miniprogram.forget_tokens", ignore_result=True)
def forget_tokens() -> None:
    forget_old_ones(at=timezone.now())

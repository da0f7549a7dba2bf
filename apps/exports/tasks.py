"""What happens to exports by the clock: their files are deleted."""

from celery import shared_task
from django.utils import timezone

from apps.exports.writing import forget_old


@shared_task(name="exports.forget_old", ignore_result=True)
def forget() -> None:
    forget_old(at=timezone.now())

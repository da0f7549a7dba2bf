"""What reports do by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.reports.kept import keep_long


@shared_task(name="reports.keep_long", ignore_result=True)
def keep_long_attributions() -> None:
    keep_long(today=timezone.localdate(), at=timezone.now())

"""What happens to imports by the clock: the rows of old tables are deleted."""

from celery import shared_task
from django.utils import timezone

from apps.imports.forget import forget_old


@shared_task(name="imports.forget_old", ignore_result=True)
def forget() -> None:
    forget_old(at=timezone.now())

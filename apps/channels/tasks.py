"""What happens to codes by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.channels.by_the_clock import look_at_those_due
from apps.channels.settle_unknown import settle_unknown


@shared_task(name="channels.follow_the_clock", ignore_result=True)
def follow_the_clock() -> None:
    look_at_those_due(at=timezone.now())


@shared_task(name="channels.settle_unknown", ignore_result=True)
def settle_what_is_unknown() -> None:
    settle_unknown(at=timezone.now())

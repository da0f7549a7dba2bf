"""Remind of what is due."""

from celery import shared_task
from django.utils import timezone

from apps.followups.remind import remind
from apps.followups.say_in_wecom import say_in_wecom


@shared_task(name="followups.remind", ignore_result=True)
def remind_of_what_is_due() -> None:
    remind(at=timezone.now())


@shared_task(name="followups.say_in_wecom", ignore_result=True)
def say_what_waits() -> None:
    say_in_wecom(at=timezone.now())

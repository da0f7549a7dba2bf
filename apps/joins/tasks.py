"""What happens to codes of groups by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.joins.follow import follow_all, read_all


@shared_task(name="joins.follow_the_groups", ignore_result=True)
def follow_the_groups() -> None:
    follow_all(at=timezone.now())


@shared_task(name="joins.read_all", ignore_result=True)
def read_what_wecom_holds() -> None:
    read_all()

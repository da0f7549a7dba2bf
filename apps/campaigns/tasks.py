"""What happens to campaigns by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.campaigns.launch import close_those_over
from apps.campaigns.team import settle_those_over


@shared_task(name="campaigns.follow_the_clock", ignore_result=True)
def follow_the_clock() -> None:
    close_those_over(at=timezone.now())


@shared_task(name="campaigns.settle_teams", ignore_result=True)
def settle_teams() -> None:
    settle_those_over(at=timezone.now())

"""What happens to codes by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.channels.balance import read_if_there_are_links
from apps.channels.by_the_clock import look_at_those_due
from apps.channels.links import read_figures
from apps.channels.settle_unknown import settle_unknown


@shared_task(name="channels.follow_the_clock", ignore_result=True)
def follow_the_clock() -> None:
    look_at_those_due(at=timezone.now())


@shared_task(name="channels.settle_unknown", ignore_result=True)
def settle_what_is_unknown() -> None:
    settle_unknown(at=timezone.now())


@shared_task(name="channels.read_balance", ignore_result=True)
def read_the_balance() -> None:
    read_if_there_are_links()


@shared_task(name="channels.read_figures", ignore_result=True)
def read_figures_of_links() -> None:
    read_figures(at=timezone.now())

"""What happens to handovers and pools by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.assignment.handover_results import look_at_results
from apps.assignment.handover_settle import send_what_waits, settle_asked
from apps.assignment.reclaim import run


@shared_task(name="assignment.hand_over", ignore_result=True)
def hand_over() -> None:
    settle_asked(at=timezone.now())
    send_what_waits(at=timezone.now())


@shared_task(name="assignment.look_at_handovers", ignore_result=True)
def look_at_handovers() -> None:
    look_at_results(at=timezone.now())


@shared_task(name="assignment.take_back", ignore_result=True)
def take_back_whom_nobody_follows_up() -> None:
    run(at=timezone.now())

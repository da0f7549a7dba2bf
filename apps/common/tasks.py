"""What the machinery does for itself by the clock."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from apps.common import allowance, timetable
from apps.common.api import once
from apps.common.forget import forget_some
from apps.common.jobs import every_kind_of_job
from apps.common.models import Slot

KEEP_DONE = timedelta(days=30)
FORGET_AT_ONCE = 10_000


@shared_task(name="timetable.forget_old", ignore_result=True)
def forget_old() -> None:
    timetable.forget_old(at=timezone.now())


@shared_task(name="jobs.forget_done", ignore_result=True)
def forget_done() -> None:
    """Delete what was done more than 30 days ago, a part at a time; what failed is
    kept. Slots have a time of their own."""
    limit = timezone.now() - KEEP_DONE
    for model in every_kind_of_job():
        if model is not Slot:
            old = model.objects.filter(done_at__lt=limit).order_by("done_at")
            forget_some(old, at_once=FORGET_AT_ONCE)


@shared_task(name="api.forget_old_answers", ignore_result=True)
def forget_old_answers() -> None:
    """And what was allowed to whom in a time that is over."""
    once.forget_old_answers(at=timezone.now())
    allowance.forget_old_ones(at=timezone.now())

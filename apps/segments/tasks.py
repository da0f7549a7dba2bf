"""Segments by the clock: what changed within the minute, and all on the hour."""

from celery import shared_task
from django.utils import timezone

from apps.segments import refresh


@shared_task(name="segments.follow_changes", ignore_result=True)
def follow_changes() -> None:
    refresh.follow_changes(at=timezone.now())


@shared_task(name="segments.refresh_all", ignore_result=True)
def refresh_all() -> None:
    refresh.refresh_all()

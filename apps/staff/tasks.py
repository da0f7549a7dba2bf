"""What happens to sign-ins by the clock: old traces of them are deleted."""

from datetime import timedelta

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.contrib.sessions.models import Session
from django.utils import timezone

KEEP = timedelta(days=180)  # as long as logs of a network must be kept


@shared_task(name="staff.forget_sign_ins", ignore_result=True)
def forget_sign_ins() -> None:
    """Wrong passwords after 180 days; sessions as soon as they are over."""
    now = timezone.now()
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        model.objects.filter(attempt_time__lt=now - KEEP).delete()
    Session.objects.filter(expire_date__lt=now).delete()

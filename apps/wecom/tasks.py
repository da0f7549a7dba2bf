"""What the wire does by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.wecom import inbox, outbox


@shared_task(name="wecom.forget_old", ignore_result=True)
def forget_old() -> None:
    inbox.forget_old(at=timezone.now())


@shared_task(name="wecom.settle_abandoned", ignore_result=True)
def settle_abandoned() -> None:
    outbox.settle_abandoned(at=timezone.now())

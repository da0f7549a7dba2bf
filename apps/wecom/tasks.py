"""What the wire does by the clock."""

from celery import shared_task

from apps.common.clock import now
from apps.wecom import inbox, media, outbox


@shared_task(name="wecom.forget_old", ignore_result=True)
def forget_old() -> None:
    inbox.forget_old(at=now())


@shared_task(name="wecom.settle_abandoned", ignore_result=True)
def settle_abandoned() -> None:
    outbox.settle_abandoned(at=now())


@shared_task(name="wecom.renew_media", ignore_result=True)
def renew_media() -> None:
    media.renew(at=now())

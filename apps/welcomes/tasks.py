"""What happens to welcomes by the clock."""

from celery import shared_task

from apps.common.clock import now
from apps.welcomes import result


@shared_task(name="welcomes.settle", ignore_result=True)
def settle() -> None:
    result.settle(at=now())

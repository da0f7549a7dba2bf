"""The rounds by the clock; see rounds.py."""

from celery import shared_task

from apps.common.clock import now
from apps.sync import rounds


@shared_task(name="sync.read_everything_again", ignore_result=True)
def read_everything_again() -> None:
    """Some edits raise no callback (wecom-api.md 4.6): every night all is read anew."""
    rounds.read_again(at=now())


@shared_task(name="sync.sweep_lists", ignore_result=True)
def sweep_lists() -> None:
    rounds.sweep_lists(at=now())


@shared_task(name="sync.audit", ignore_result=True)
def audit() -> None:
    rounds.audit(at=now())


@shared_task(name="sync.after_absences", ignore_result=True)
def after_absences() -> None:
    rounds.make_up(at=now())

"""What happens to invites and referrals by the clock."""

from celery import shared_task
from django.utils import timezone

from apps.referrals.attribute import attribute_those_due
from apps.referrals.doors import give_back_codes
from apps.referrals.graph import fold_all
from apps.referrals.suspect import look_at_those_changed
from apps.referrals.traces import forget_traces


@shared_task(name="referrals.fold", ignore_result=True)
def fold_deltas() -> None:
    fold_all()


@shared_task(name="referrals.settle", ignore_result=True)
def settle_referrals() -> None:
    attribute_those_due(at=timezone.now())


@shared_task(name="referrals.give_back_codes", ignore_result=True)
def give_back_the_codes() -> None:
    give_back_codes(at=timezone.now())


@shared_task(name="referrals.look_for_cheats", ignore_result=True)
def look_for_cheats() -> None:
    look_at_those_changed(at=timezone.now())


@shared_task(name="referrals.forget_traces", ignore_result=True)
def forget_old_traces() -> None:
    forget_traces(at=timezone.now())

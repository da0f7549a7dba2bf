"""What happens to contacts by the clock: who may be one person, what went astray."""

from celery import shared_task
from django.utils import timezone

from apps.contacts.join import join_the_certain
from apps.contacts.resemble import compare_those_who_changed, start_walk, walk_on
from apps.contacts.strays import WEEK, gather_strays


@shared_task(name="contacts.compare", ignore_result=True)
def compare() -> None:
    now = timezone.now()
    compare_those_who_changed(at=now)
    walk_on(at=now)
    join_the_certain(at=now)


@shared_task(name="contacts.compare_everybody", ignore_result=True)
def compare_all() -> None:
    start_walk(at=timezone.now())


@shared_task(name="contacts.gather_strays", ignore_result=True)
def gather() -> None:
    gather_strays(at=timezone.now())


@shared_task(name="contacts.gather_old_strays", ignore_result=True)
def gather_old() -> None:
    gather_strays(at=timezone.now(), since=WEEK)

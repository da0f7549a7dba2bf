"""The Celery app and the timetable of periodic tasks."""

from celery import Celery
from celery.schedules import crontab
from django.conf import settings

app = Celery("scrm")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@app.on_after_configure.connect
def hang_up_the_timetable(sender, **_) -> None:
    for task, every in settings.TIMETABLE.items():
        schedule = crontab.from_string(every) if isinstance(every, str) else every
        sender.add_periodic_task(schedule, sender.signature(task), name=task)

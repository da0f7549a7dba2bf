"""The Celery app, whose workers the bell wakes."""

from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_ready
from django.conf import settings

app = Celery("scrm", task_cls="apps.common.tracing:TracedTask")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def leave_the_logs_alone(**_: Any) -> None:
    """Django has set them up. Without this Celery makes warnings the least of all."""


@worker_ready.connect
def say_that_we_are_here(sender: Any, **_: Any) -> None:
    """From the parent, which lives as long as the worker; its children come and go."""
    if settings.SCRM_ROLE == "worker":
        from apps.common.absence import stay  # needs the apps

        stay(f"worker:{sender.hostname.partition('@')[0]}")

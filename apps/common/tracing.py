"""On whose behalf we work: the request, the job and the event a line is logged for.

Set in one place each, and read by whatever logs (scrm/logs.py). A bell takes the id of
the request that rang it along, in a header of Celery's message, so that one id is found
in the lines of the web server, of the worker, and of the call to WeCom. Under load one
bell works off jobs of other requests too; which is which the line says that wrote the
job down: it holds both ids.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from celery import Task

logger = logging.getLogger(__name__)

request_id: ContextVar[str] = ContextVar("request_id", default="")
working_on: ContextVar[tuple[Any, ...]] = ContextVar("job", default=())
event_id: ContextVar[int] = ContextVar("event_id", default=0)


@dataclass(frozen=True)
class Origin:
    """Where a request came from, and by which of our doors it came in."""

    address: str = ""
    door: str = ""


NOWHERE = Origin()
came_from: ContextVar[Origin] = ContextVar("came_from", default=NOWHERE)

CARRIED = "request_id"  # the header of a task's message


def known() -> dict[str, str | int]:
    """What is known now, by the names under which it is logged."""
    named: dict[str, str | int] = {
        "request_id": request_id.get(),
        "job": job_name(),
        "event_id": event_id.get(),
    }
    return {name: value for name, value in named.items() if value}


def job_name() -> str:
    """Of the job that is worked on, or of the jobs that are worked on at once."""
    jobs = working_on.get()
    return name_of(*jobs) if jobs else ""


def name_of(*jobs: Any) -> str:
    return f"{jobs[0]._meta.label} {' '.join(str(job.pk) for job in jobs)}"


@contextmanager
def named(*jobs: Any) -> Iterator[None]:
    """Every line of the block is theirs, and their event's where they have one."""
    name = working_on.set(jobs)
    event = event_id.set(getattr(jobs[0], "event_id", None) or 0)
    try:
        yield
    finally:
        event_id.reset(event)
        working_on.reset(name)


@contextmanager
def logged_as(job: Any) -> Iterator[None]:
    """The same, and one line more that says how it ended."""
    began = time.monotonic()
    with named(job):
        yield
        took = round((time.monotonic() - began) * 1000)
        ended = {"status": str(job.status), "lane": str(job.lane), "milliseconds": took}
        logger.info("a job was looked after", extra=ended)


class TracedTask(Task):
    """A task that is done on behalf of the request that asked for it."""

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        if carried := request_id.get():
            options["headers"] = {**(options.get("headers") or {}), CARRIED: carried}
        return super().apply_async(args, kwargs, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        carried = (self.request.headers or {}).get(CARRIED, "")
        token = request_id.set(carried or request_id.get())
        try:
            return super().__call__(*args, **kwargs)
        finally:
            request_id.reset(token)

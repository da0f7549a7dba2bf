"""The timetable alone."""

import logging
import os
import signal
import time

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import Error as DatabaseFailure
from django.db import connection

from apps.common.absence import say_here
from apps.common.clock import database_time
from apps.common.jobs import sweep
from apps.common.timetable import fire
from apps.wecom.quarantine import look_at_the_start

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds


class Command(BaseCommand):
    help = "Fire what happens by the clock. Any number of these may run."
    requires_system_checks = []

    def handle(self, **options):
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, end)
        sweeping = Rhythm(settings.SWEEP_EVERY.total_seconds())
        presence = Rhythm(settings.PRESENCE_EVERY.total_seconds())
        look_at_the_start()
        while True:
            began = time.monotonic()
            try:
                look(sweeping, presence)
            except DatabaseFailure as failure:
                logger.warning("the database is away: %s", type(failure).__name__)
                connection.close()
            time.sleep(max(0.0, began + LOOK_EVERY - time.monotonic()))


def end(*_):
    """At once: what is under way is one statement, which happens or does not."""
    os._exit(0)


class Rhythm:
    """Whether it is time again. A clock that people set has no say in it."""

    def __init__(self, every: float) -> None:
        self.every = every
        self.last = float("-inf")

    def beats(self) -> bool:
        if time.monotonic() - self.last < self.every:
            return False
        self.last = time.monotonic()
        return True


def look(sweeping, presence):
    """Fire first: nothing else may hold it up."""
    at = database_time()
    fire(at=at)
    if presence.beats():
        say_here(role="timetable", at=at)
    if sweeping.beats():
        sweep()

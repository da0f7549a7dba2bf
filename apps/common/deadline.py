"""A piece of work that takes too long is stopped, wherever it hangs.

In the main thread an alarm interrupts Python itself; in any thread the database
refuses a statement that runs longer than the limit. Both are needed: a worker of
Celery's runs jobs in its main thread, a test or a command may not.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection


class TookTooLong(Exception):
    """The work took longer than it may."""


@contextmanager
def deadline(limit: timedelta) -> Iterator[None]:
    """Raise TookTooLong in the block's own code when `limit` has passed."""
    if connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true)",
                [str(int(limit.total_seconds() * 1000))],
            )
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number, frame):
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, limit.total_seconds())
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)

"""A pull that a command reads by itself, and waits for if it must."""

import time
from collections.abc import Callable

from django.db.models import F

from apps.common.clock import now
from apps.common.jobs import Job
from apps.sync.models import Pull
from apps.sync.pull import advance

PAUSE = 1.0  # seconds between two looks at a pull that waits, or that another runs
Watch = Callable[[Pull], None]


def see_through(pull: Pull, *, watch: Watch | None = None) -> Pull:
    """Read it to its end, whoever reads it; answers the pull as it then stands."""
    while pull.status in Job.UNFINISHED:
        Pull.objects.filter(pk=pull.pk).update(attempts=F("attempts") + 1)
        pull.refresh_from_db()
        advance(pull=pull, watch=watch)
        wait(pull, watch)
    return pull


def wait(pull: Pull, watch: Watch | None) -> None:
    """Until WeCom may be asked again, or the process that is at it has ended."""
    pull.refresh_from_db()
    while pull.status in Job.UNFINISHED:
        if watch:
            watch(pull)
        time.sleep(PAUSE)
        pull.refresh_from_db()
        if not pull.last_error or pull.due_at <= now():
            return

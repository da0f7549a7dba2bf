"""At each boundary of a plan, and at midnight, its code is looked at: only those due.

Somebody comes on duty or goes off, a day's caps begin anew. Each code is a transaction
of its own; those that are left when the time is up are due in the next minute.
"""

import time
from datetime import datetime

from apps.channels.codes import look_at
from apps.channels.models import Channel

AT_ONCE = 5_000
SECONDS = 40.0  # of the minute that a job may take


def look_at_those_due(*, at: datetime) -> int:
    due = Channel.objects.published().filter(next_at__lte=at).order_by("next_at")
    until = time.monotonic() + SECONDS
    many = 0
    for number in due.values_list("pk", flat=True)[:AT_ONCE]:
        look_at(channel_id=number, at=at)
        many += 1
        if time.monotonic() > until:
            break
    return many

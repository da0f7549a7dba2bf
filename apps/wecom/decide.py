"""A person decides what becomes of a command that may have been carried out or not.

The program cannot tell, and makes no such call a second time by itself. Whoever has
looked in WeCom says that it was sent, or has it sent now.
"""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F

from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.wecom.models import AskedAnew, Command


class NothingToDecide(Refused):
    """What became of this command is known; there is nothing to decide."""

    code = "nothing_to_decide"


def was_sent(*, command: Command, at: datetime) -> None:
    decide(command, status=Job.Status.DONE, done_at=at, last_error="")


@transaction.atomic
def send_now(*, command: Command, at: datetime) -> None:
    """Unless the same has been asked anew: then that one goes."""
    try:
        with transaction.atomic():
            again = {"due_at": at, "bugs": 0, "attempts": 0}
            decide(command, status=Job.Status.WAITING, **again)
    except IntegrityError:
        raise AskedAnew from None
    command.ring()


def decide(command: Command, **fields: Any) -> None:
    """With a new ticket: a worker that only slept may not write any more."""
    unknown = Command.objects.filter(pk=command.pk, status=Job.Status.UNKNOWN)
    if not unknown.update(**({"attempts": F("attempts") + 1} | fields)):
        raise NothingToDecide

"""What became of a welcome: as WeCom answered, or as its command was left.

41096 (another app is sending) is tried again within the twenty seconds by the outbox;
41050 and 41051 are final.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.common.jobs import Job
from apps.events.bus import record
from apps.events.models import EventRecord
from apps.wecom.models import Command
from apps.wecom.outbox import Answer
from apps.welcomes.events import WelcomeMissed, WelcomeSent
from apps.welcomes.models import Greeting

INVALID_OR_LATE, TAKEN, BUSY = 41050, 41051, 41096
OF_CODE = {INVALID_OR_LATE: Greeting.Reason.LATE, TAKEN: Greeting.Reason.TAKEN}
LEFT_ALONE = timedelta(seconds=25)  # after which it is looked what became of it
AT_ONCE = 1_000

Outcome, Reason = Greeting.Outcome, Greeting.Reason


def sent(*, result: dict[str, Any], about: dict[str, Any], called_at: datetime) -> None:
    end(about["greeting"], Outcome.SENT, at=called_at)


def refused(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    reason = OF_CODE.get(errcode, Reason.REFUSED)
    end(about["greeting"], Outcome.MISSED, at=called_at, reason=reason, errcode=errcode)


ANSWERS = {"welcomes.sent": Answer(sent, refused)}


@transaction.atomic
def end(
    number: int,
    outcome: Greeting.Outcome,
    *,
    at: datetime,
    reason: Greeting.Reason = Reason.NONE,
    errcode: int = 0,
) -> None:
    """Once; whoever was erased meanwhile has no greeting any more."""
    mine = Greeting.objects.select_for_update().filter(pk=number)
    greeting = mine.filter(outcome=Outcome.WAITING).first()
    if greeting is None:
        return
    greeting.outcome, greeting.reason = outcome, reason
    greeting.errcode, greeting.ended_at = errcode, at
    greeting.save(update_fields=["outcome", "reason", "errcode", "ended_at"])
    about: dict[str, Any] = {
        "at": at,
        "source": EventRecord.Source.SYSTEM,
        "contact_id": greeting.contact_id,
        "employee_id": greeting.employee_id,
        "greeting_id": greeting.pk,
    }
    if outcome == Outcome.SENT:
        record(WelcomeSent(**about))
    elif outcome == Outcome.MISSED:
        record(WelcomeMissed(**about, reason=reason))


def settle(*, at: datetime) -> int:
    """Those of which no answer told: their commands were given up, or left unknown."""
    left = Greeting.objects.filter(outcome=Outcome.WAITING, at__lte=at - LEFT_ALONE)
    rows = left.order_by("-at", "-pk").select_related("command")[:AT_ONCE]
    many = 0
    for greeting in rows:
        found = fate_of(greeting.command)
        if found is not None:
            outcome, reason, errcode = found
            end(greeting.pk, outcome, at=at, reason=reason, errcode=errcode)
            many += 1
    return many


def fate_of(
    command: Command | None,
) -> tuple[Greeting.Outcome, Greeting.Reason, int] | None:
    """None while it may still be sent, or its answer is on its way."""
    if command is None or command.status == Job.Status.UNKNOWN:
        return Outcome.UNKNOWN, Reason.LOST, 0
    if command.status in (Job.Status.FAILED, Job.Status.IGNORED):
        errcode = command.errcode or 0
        reason = Reason.REFUSED if errcode and errcode != BUSY else Reason.LATE
        return Outcome.MISSED, reason, errcode
    return None

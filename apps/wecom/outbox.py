"""What we must tell or ask WeCom, from the wish to its outcome.

`ask()` writes a command in the caller's transaction; a worker carries it out. The row
says `calling`, committed, before the call, and the outcome after it. The outcome, and
what we make of it, are one transaction: the answer function named by the command runs
in it.

A worker can die between the call and the outcome. Nobody knows then whether WeCom did
it. Calls that are safe to repeat are repeated; the others stay `unknown` until what
reads WeCom settles them. Never a blind second try.

What a call answered is kept on the row only if the call is not safe to repeat: such
answers hold ids that cannot be had again, others hold personal data that can.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Required, TypedDict, Unpack

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.module_loading import import_string

from apps.common.cause import because_of
from apps.common.clock import now
from apps.common.deadline import deadline
from apps.common.errors import Refused, TryLater
from apps.common.faults import reached
from apps.common.jobs import MAX_ATTEMPTS, Job, ring_later
from apps.common.lanes import TIME_LIMIT, Lane
from apps.wecom.calls import CALLS, may_repeat
from apps.wecom.calls import call as make_call
from apps.wecom.errors import WeComRefused
from apps.wecom.models import Command
from apps.wecom.quarantine import Quarantined, may_have_been_sent, notice_a_restore

logger = logging.getLogger(__name__)

SOON = timedelta(seconds=1)
IMPATIENT = 3  # times that a command looks every second whether its twin is done


class TooLate(Refused):
    """It was not sent in time, and is of no use any more."""

    code = "too_late"


class NoSuchCall(TryLater):
    """This version of the program does not know the call that is asked for."""


class OutcomeUnknown(Refused):
    """WeCom may have done it; the worker or the connection was lost meanwhile."""

    code = "outcome_unknown"


@dataclass(frozen=True)
class Answer:
    """Who hears what became of a command. Both run in the transaction that says so.

    done(*, result, about, called_at) hears WeCom's answer, and says IGNORED if there
    was nothing to do. refused(*, errcode, about, called_at) hears of a refusal that
    concerns this call; when it returns, the refusal is dealt with. Without it, or when
    settings are wrong, a person must look.
    """

    done: Callable[..., Job.Status | None]
    refused: Callable[..., None] | None = None


class Wished(TypedDict, total=False):
    """What a command may be asked with."""

    arguments: Required[dict[str, Any]]
    answer: str
    about: dict[str, Any]
    lane: str
    once: str
    due_at: datetime
    expires_at: datetime


def ask(call: str, **wished: Unpack[Wished]) -> Command | None:
    """Write a command, unless one with the same `once` waits already.

    Returns the command that waits, whichever it is; None if that one has just begun.
    What may have been sent before a restore does not wait: see quarantine.py.
    """
    command = wish(call, **wished)
    if not command.once or command.status == Job.Status.UNKNOWN:
        command.save(force_insert=True)
        command.ring()
        return command
    ask_all([command])
    waiting = Command.objects.filter(once=command.once, status=Job.Status.WAITING)
    return waiting.first()


def wish(call: str, **wished: Unpack[Wished]) -> Command:
    """The command, not written yet (see `ask`)."""
    CALLS[call].check(wished["arguments"])
    usual = {"lane": Lane.OUTGOING, "due_at": now()}
    command = Command(call=call, **usual | wished)
    if not CALLS[call].safe_to_repeat and may_have_been_sent(at=now()):
        command.status, command.last_error = Job.Status.UNKNOWN, str(Quarantined())
    return command


def ask_all(wishes: Iterable[Command]) -> None:
    """Write these commands, but none of whose `once` another waits already. Those
    without it have their numbers afterwards."""
    commands = sorted(wishes, key=lambda command: command.once)
    Command.objects.bulk_create([c for c in commands if not c.once])
    Command.objects.bulk_create([c for c in commands if c.once], ignore_conflicts=True)
    for first in {command.lane: command for command in commands}.values():
        first.ring()


def withdraw(numbers: Iterable[int], *, at: datetime, failed: bool = False) -> set[int]:
    """Those of these commands that nobody has begun are not sent; which were they?
    With `failed`, those that went wrong are not sent again either."""
    states = [Job.Status.WAITING, *([Job.Status.FAILED] if failed else [])]
    waiting = Command.objects.select_for_update(skip_locked=True).filter(
        pk__in=list(numbers), status__in=states
    )
    gone = set(waiting.values_list("pk", flat=True))
    Command.objects.filter(pk__in=gone).update(status=Job.Status.IGNORED, done_at=at)
    return gone


def carry_out(command: Command) -> None:
    """Call, and write down what became of it. The command has just been claimed."""
    at = now()
    if command.expires_at and command.expires_at <= at:
        command.give_up(str(TooLate()))
    elif command.result is not None:  # called before; only the answer went wrong
        conclude(command, called_at=command.called_at or at, result=command.result)
    elif command.call not in CALLS:  # asked by a newer version, or an older one
        command.put_off(str(NoSuchCall()))
    elif begin(command, at=at):
        make(command, at=at)


@transaction.atomic
def begin(command: Command, *, at: datetime) -> bool:
    """Say that the call is under way, unless its twin's is."""
    if not command.still_mine():
        return False
    if command.once and twins(command, Job.Status.CALLING).exists():
        after = SOON if command.attempts <= IMPATIENT else None
        command.put_off("", after=after)
        return False
    command.begin(at=at)
    return True


def make(command: Command, *, at: datetime) -> None:
    """The call itself, outside any transaction."""
    call = CALLS[command.call]
    try:
        reached("out.after_intent_commit")
        left = command.expires_at - at if command.expires_at else None
        result = make_call(command.call, within=left, **command.arguments)
        reached("out.after_api_before_commit")
    except WeComRefused as refusal:
        command.note(errcode=refusal.errcode)
        conclude(command, called_at=at, refusal=refusal)
    except Refused as refusal:
        command.give_up(str(refusal))
    except TryLater as later:
        if may_repeat(call, later):
            wait_again(command, later)
        else:
            command.leave_unknown(str(OutcomeUnknown()))
    except Exception as bug:  # noqa: BLE001 - ours; nobody knows where it struck
        if call.safe_to_repeat:
            stumble(command, bug)
        else:
            logger.exception("a call went wrong", extra={"command": command.pk})
            command.leave_unknown(str(OutcomeUnknown()))
    else:
        command.note(errcode=0, result=None if call.safe_to_repeat else result)
        conclude(command, called_at=at, result=result)


def conclude(
    command: Command,
    *,
    called_at: datetime,
    result: dict[str, Any] | None = None,
    refusal: WeComRefused | None = None,
) -> None:
    """What we make of the outcome, and that it is done: all or nothing."""
    try:
        with transaction.atomic():
            if not command.still_mine():  # a worker that slept past its lease
                return
            because = because_of(happened_at=command.created_at)
            with deadline(TIME_LIMIT), because:
                outcome = tell(
                    command, called_at=called_at, result=result, refusal=refusal
                )
            command.finish(outcome or Job.Status.DONE)
    except Refused as final:
        command.give_up(str(final))
    except TryLater as later:
        wait_again(command, later)
    except Exception as bug:  # noqa: BLE001 - every mistake of ours ends here
        stumble(command, bug)


def tell(
    command: Command,
    *,
    called_at: datetime,
    result: dict[str, Any] | None,
    refusal: WeComRefused | None,
) -> Job.Status | None:
    """Call the answer function. Raises the refusal if nobody deals with it, or if it
    is not this call that was refused."""
    answer = None
    if command.answer:
        answers: dict[str, Answer] = import_string(settings.WECOM_ANSWERS)
        answer = answers[command.answer]
    if refusal is None:
        if answer is None:
            return None
        return answer.done(result=result, about=command.about, called_at=called_at)
    if answer is None or answer.refused is None or not refusal.is_of_the_call:
        raise refusal
    answer.refused(errcode=refusal.errcode, about=command.about, called_at=called_at)
    return None


def wait_again(command: Command, later: TryLater) -> None:
    """As soon as WeCom allows at first, then ever less often, for ten hours. What is of
    no use a moment later is tried every second until then: nobody sweeps so often, so
    the bell is told when to ring."""
    after = later.after
    if command.expires_at:
        after = after or SOON
        ring_later(command.lane, after=after)
    elif after and command.attempts > IMPATIENT:
        after = max(after, command.backoff)
    unless_replaced(command, lambda: command.put_off(str(later), after=after))


def stumble(command: Command, bug: Exception) -> None:
    unless_replaced(command, lambda: command.stumble(bug))


def unless_replaced(command: Command, write: Callable[[], None]) -> None:
    """Back into the queue; but if the same was asked anew meanwhile, that one goes."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError:
        if not twins(command, Job.Status.WAITING).exists():
            raise
        command.finish(Job.Status.IGNORED)


def twins(command: Command, status: Job.Status):
    return Command.objects.filter(once=command.once, status=status).exclude(
        pk=command.pk
    )


def settle_abandoned(*, at: datetime) -> None:
    """Commands whose worker died in the call: repeat what is safe to repeat.

    In a restored database they may be of long ago, and all that waits with them.
    """
    notice_a_restore(at=at)
    abandoned = Command.objects.filter(status=Job.Status.CALLING, due_at__lte=at)
    for command in abandoned.order_by("pk"):
        with transaction.atomic():
            if not command.still_mine():
                continue
            command.take_from_its_worker()
            repeat_or_leave(command, at=at)


def repeat_or_leave(command: Command, *, at: datetime) -> None:
    call = CALLS.get(command.call)
    if command.result is None and not (call and call.safe_to_repeat):
        command.leave_unknown(str(OutcomeUnknown()))
    elif command.once and twins(command, Job.Status.WAITING).exists():
        command.finish(Job.Status.IGNORED)
    elif command.attempts >= MAX_ATTEMPTS:
        command.give_up(str(OutcomeUnknown()))
    else:
        command.wait(at=at)
        command.ring()

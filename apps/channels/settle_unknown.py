"""Was the code made or not? Where a worker died in the call, WeCom is asked.

WeCom lists contact ways by when they were made, but only by their ids. Those that we
do not know are read one by one until one carries the code's own state: then it was
made, and is taken as ours. A link has no state: it is one of our name that was made
about then. If there is none, it was not made, and is made now. A call that is still on
its way could arrive after we looked: a minute is waited first.

Whoever else makes contact ways says how theirs are known, by the answer that their
commands name.
"""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from apps.channels.codes import held, keep_made
from apps.channels.kinds import (
    CONTACT_WAY,
    KINDS,
    LINK,
    PARAMETER,
    Kind,
    Made,
    Read,
    kind_of,
)
from apps.channels.models import Channel
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.wecom.decide import send_now, was_sent
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask

WAIT = timedelta(minutes=1)
AROUND = timedelta(minutes=10)  # clocks differ, and a call takes its time
BY_MAKING = {kind.make: kind for kind in KINDS.values()}


class Settles(NamedTuple):
    """Is it the one that was asked for? Then it is kept."""

    is_it: Callable[[Read, Command], bool]
    keep: Callable[[Read, Command], None]


SETTLES: dict[str, Settles] = {}
KNOWS: list[Callable[[Iterable[str]], set[str]]] = []  # which of these ids are theirs


@transaction.atomic
def settle_unknown(*, at: datetime) -> int:
    """Look for each that is unknown; those that are being looked for are left alone."""
    making = Command.objects.filter(call__in=BY_MAKING, status=Job.Status.UNKNOWN)
    many = 0
    for command in making.filter(created_at__lt=at - WAIT).order_by("pk")[:100]:
        called_at = command.called_at or command.created_at
        if called_at < at - WAIT and not looking(command).exists():
            list_those(command, until=at)
            many += 1
    return many


def list_those(command: Command, *, until: datetime, **more: Any) -> None:
    kind, span = BY_MAKING[command.call], {}
    if kind is CONTACT_WAY:
        span = {
            "start_time": int(earliest(command).timestamp()),
            "end_time": int((until + AROUND).timestamp()),
        }
    ask(
        kind.listing,
        arguments={**span, "cursor": more.get("cursor", "")},
        answer="channels.listed",
        about={"command": command.pk, "seen": more.get("seen", [])},
        once=once(command),
    )


def earliest(command: Command) -> datetime:
    return (command.called_at or command.created_at) - AROUND


def looking(command: Command):
    under_way = (Job.Status.WAITING, Job.Status.CALLING)
    return Command.objects.filter(once=once(command), status__in=under_way)


def once(command: Command) -> str:
    return f"settle:{command.pk}"


def listed(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    command = Command.objects.filter(pk=about["command"]).first()
    if command is None:
        return
    told = BY_MAKING[command.call].listed(result)
    known = {config_id for knows in KNOWS for config_id in knows(told)}
    seen = [*about["seen"], *sorted({*told} - known)]
    if cursor := result.get("next_cursor"):
        list_those(command, until=called_at, cursor=cursor, seen=seen)
    else:
        look_on(command, seen)


def look_on(command: Command, left: list[str]) -> None:
    """The next one; after the last it is certain that there is none."""
    if not left:
        decide(command, send_now)
        return
    kind = BY_MAKING[command.call]
    ask(
        kind.read,
        arguments={kind.key: left[0]},
        answer="channels.looked_at",
        about={"command": command.pk, "this": left[0], "left": left[1:]},
        once=once(command),
    )


def looked_at(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    command = Command.objects.filter(pk=about["command"]).first()
    if command is None:
        return
    found = BY_MAKING[command.call].told(about["this"], result)
    settles = SETTLES[command.answer]
    if not settles.is_it(found, command):
        look_on(command, about["left"])
        return
    settles.keep(found, command)
    decide(command, was_sent)


def is_it(found: Read, command: Command) -> bool:
    channel = held(command.about["channel"])
    if kind_of(channel) is CONTACT_WAY:
        return found.state == channel.state
    named = found.holds["remark"] == command.about["wanted"]["remark"]
    return named and found.created_at >= earliest(command).timestamp()


def keep(found: Read, command: Command) -> None:
    channel = held(command.about["channel"])
    keep_made(
        channel,
        made=with_state(found.made, channel, kind_of(channel)),
        holds=command.about["wanted"],
        at=command.called_at or command.created_at,
    )


def known_to_channels(config_ids: Iterable[str]) -> set[str]:
    rows = Channel.objects.filter(config_id__in=list(config_ids))
    return set(rows.values_list("config_id", flat=True))


SETTLES["channels.made"] = Settles(is_it, keep)
KNOWS.append(known_to_channels)


def with_state(made: Made, channel: Channel, kind: Kind) -> Made:
    if kind is not LINK:
        return made
    address = f"{made.qr_text}?{PARAMETER}={channel.state}"
    return Made(config_id=made.config_id, qr_text=address)


def gone_meanwhile(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    if command := Command.objects.filter(pk=about["command"]).first():
        look_on(command, about["left"])


def decide(command: Command, how: Any) -> None:
    """Unless a person was faster."""
    try:
        how(command=command, at=timezone.now())
    except Refused:
        return


ANSWERS = {
    "channels.listed": Answer(listed),
    "channels.looked_at": Answer(looked_at, gone_meanwhile),
}

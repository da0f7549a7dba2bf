"""Were these offers made or not? Where a worker died in the call, WeCom is asked.

WeCom lists whom one employee gave to another, and what became of it. Who is listed as
waiting, or as done since we called, was offered; who is not, was not, and waits to be
offered again. A call that is still on its way could arrive after we looked: a minute is
waited first. So nothing is lost, and nobody is asked twice.
"""

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.assignment.handover_models import Offer
from apps.assignment.handover_results import (
    DONE,
    FULL,
    REFUSED,
    RESULTS,
    WAITING,
    apply,
    is_ours,
    moment,
)
from apps.assignment.handover_send import begun, send_next
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.common.turns import take_turns
from apps.staff.models import Employee
from apps.wecom.decide import decide
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask

State = Offer.State
WAIT = timedelta(minutes=1)
OPEN = (Job.Status.WAITING, Job.Status.CALLING, Job.Status.FAILED)


@transaction.atomic
def settle_asked(*, at: datetime) -> int:
    """Look for each call that came to no end; how many?"""
    asked = Offer.objects.filter(state=State.ASKED, asked_at__lt=at - WAIT)
    found: dict[int, list[Offer]] = {}
    for offer in asked.select_related("giver", "taker").order_by("pk"):
        found.setdefault(offer.command_id or 0, []).append(offer)
    commands = Command.objects.in_bulk([pk for pk in found if pk])
    many = 0
    for number, offers in found.items():
        if is_open(commands.get(number), at=at):
            continue
        many += 1
        if offers[0].group_id is not None:  # safe to be asked again
            back_into_the_queue([offer.pk for offer in offers])
        else:
            look_for(number, offers[0])
    return many


def is_open(command: Command | None, *, at: datetime) -> bool:
    """Will it still come to an end by itself, or by a person?"""
    if command is None:
        return False
    if command.status == Job.Status.UNKNOWN:
        return (command.called_at or command.created_at) > at - WAIT
    return command.status in OPEN


def look_for(
    number: int, offer: Offer, *, cursor: str = "", seen: dict | None = None
) -> None:
    ask(
        RESULTS[offer.of_a_leaver],
        arguments={
            "handover_userid": offer.giver.wecom_id,
            "takeover_userid": offer.taker.wecom_id,
            "cursor": cursor,
        },
        answer="assignment.settled",
        about={"command": number, "seen": seen or {}},
        once=f"settle offers:{number}",
    )


def settled(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> Job.Status | None:
    """A page; after the last it is certain who was offered and who was not."""
    rows = Offer.objects.of_contacts().filter(
        state=State.ASKED, command_id=about["command"]
    )
    rows = rows.select_related("identity", "giver", "taker", "handover")
    offers = list(rows.select_for_update(of=("self",)).order_by("pk"))
    if not offers:
        return Job.Status.IGNORED
    mine = {offer.identity.value for offer in offers if offer.identity}
    seen: dict[str, Any] = about["seen"] | {
        row["external_userid"]: row
        for row in result.get("customer") or ()
        if row.get("external_userid") in mine
    }
    if cursor := result.get("next_cursor"):
        look_for(about["command"], offers[0], cursor=cursor, seen=seen)
        return None
    take_turns(f"handover:{offers[0].giver_id}")
    told = [(o, seen[o.identity.value]) for o in offers if o.identity.value in seen]
    heard = [(offer, row) for offer, row in told if was_offered(offer, row)]
    begun([offer for offer, _row in heard], at=offers[0].asked_at or called_at)
    apply(heard, at=called_at)
    offered = {offer.pk for offer, _row in heard}
    back_into_the_queue([offer.pk for offer in offers if offer.pk not in offered])
    note_what_became(about["command"], was_made=bool(offered), at=called_at)
    send_next(giver=offers[0].giver, at=called_at)
    return None


def was_offered(offer: Offer, row: dict[str, Any]) -> bool:
    """Is it our call that this row tells of? One who was offered to the same taker
    before, and refused then, tells nothing of now."""
    status, time = row.get("status"), row.get("takeover_time") or 0
    if status == DONE:
        return is_ours(offer, moment(time))
    if status in (REFUSED, FULL):
        before = Offer.objects.filter(
            identity=offer.identity_id, giver=offer.giver_id, taker=offer.taker_id
        )
        ended = (State.REFUSED, State.FULL)
        return not before.exclude(pk=offer.pk).filter(state__in=ended).exists()
    return status == WAITING


def back_into_the_queue(offers: list[int]) -> None:
    rows = Offer.objects.filter(pk__in=offers, state=State.ASKED)
    rows.update(state=State.QUEUED, command_id=None, asked_at=None)


def note_what_became(number: int, *, was_made: bool, at: datetime) -> None:
    """Of the command, too, unless a person was faster."""
    command = Command.objects.filter(pk=number).first()
    if command is None:
        return
    status = Job.Status.DONE if was_made else Job.Status.IGNORED
    try:
        decide(command, status=status, done_at=at, last_error="")
    except Refused:
        return


def send_what_waits(*, at: datetime) -> int:
    """Go on with each giver of whom something is due and nothing is asked."""
    due = Offer.objects.filter(state=State.QUEUED, due_at__lte=at)
    givers = Employee.objects.filter(pk__in=due.values("giver"))
    for giver in givers.order_by("pk"):
        send_next(giver=giver, at=at)
    return len(givers)


def not_settled(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """One of the two is out of our range just now: it is asked again by and by."""


ANSWERS = {"assignment.settled": Answer(settled, not_settled)}

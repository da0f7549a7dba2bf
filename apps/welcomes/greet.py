"""A new friend is greeted from what the callback alone says, at most once, in time.

Nothing is read from WeCom first. The row is unique by WeCom's code, and written with
the command in one transaction: a worker that dies sends nothing twice. A command whose
worker died in the call is left alone. Twenty seconds after the add nothing is sent any
more, however long it waited.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from apps.common.lanes import Lane
from apps.contacts.models import Contact
from apps.staff.models import Employee
from apps.wecom.media import is_ready
from apps.wecom.models import Media
from apps.wecom.outbox import ask
from apps.welcomes.choose import Choice, choose
from apps.welcomes.content import FILES, Attachment, Message
from apps.welcomes.doors import DOORS
from apps.welcomes.fill import fill, values_at
from apps.welcomes.models import Greeting

BUDGET = timedelta(seconds=20)  # from the add, by WeCom's clock (wecom-api.md 3.7)
SPARE = timedelta(seconds=0.5)  # in which a call may be on its way

Outcome, Reason = Greeting.Outcome, Greeting.Reason


@dataclass(frozen=True, kw_only=True)
class Ready:
    """What WeCom is sent; `left_out` files were not there."""

    text: str
    attachments: list[dict[str, Any]]
    left_out: int = 0

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.attachments


@transaction.atomic
def greet(
    *,
    contact_id: int,
    follow_id: int | None,
    employee_id: int,
    state: str,
    welcome_code: str,
    told_at: datetime,
    at: datetime,
) -> Greeting | None:
    """The greeting, if it is news. `told_at` is when they were added."""
    code = hashlib.sha256(welcome_code.encode()).hexdigest() if welcome_code else ""
    if is_known(code=code, follow_id=follow_id):
        return None
    greeting = Greeting(
        contact_id=contact_id,
        follow_id=follow_id,
        employee_id=employee_id,
        code=code,
        outcome=Outcome.MISSED,
        at=told_at,
    )
    door = DOORS.of_state(state)
    greeting.door = door.name[:40] if door else ""
    choice = choose(employee_id=employee_id, door=door, at=told_at)
    note_choice(greeting, choice)
    ready = None
    greeting.reason = why_not(greeting, choice, at=at)
    if not greeting.reason and choice.message is not None:
        ready = ready_for(choice.message, greeting, at=at)
        greeting.left_out = ready.left_out
        if ready.is_empty:
            greeting.reason = Reason.NOT_READY
    if greeting.reason or ready is None:
        greeting.ended_at = at
        greeting.save(force_insert=True)
        return greeting
    greeting.outcome = Outcome.WAITING
    greeting.save(force_insert=True)
    greeting.command = ask(
        "externalcontact.send_welcome_msg",
        arguments={
            "welcome_code": welcome_code,
            "text": {"content": ready.text} if ready.text else None,
            "attachments": ready.attachments or None,
        },
        answer="welcomes.sent",
        about={"greeting": greeting.pk},
        lane=Lane.WELCOME,
        expires_at=told_at + BUDGET - SPARE,
    )
    greeting.save(update_fields=["command"])
    return greeting


def is_known(*, code: str, follow_id: int | None) -> bool:
    if code:
        return Greeting.objects.filter(code=code).exists()
    return Greeting.objects.filter(follow=follow_id).exists()


def note_choice(greeting: Greeting, choice: Choice) -> None:
    greeting.welcome, greeting.by = choice.welcome, choice.by
    greeting.version = choice.welcome.version if choice.welcome else 0
    greeting.part = choice.part.title if choice.part else ""


def why_not(greeting: Greeting, choice: Choice, *, at: datetime) -> Greeting.Reason:
    if not greeting.code:
        return Reason.NO_CODE
    if choice.greets_nobody:
        return Reason.DOOR_SAYS_NONE
    if choice.message is None:
        return Reason.NO_WELCOME
    if at >= greeting.at + BUDGET - SPARE:
        return Reason.LATE
    before = Greeting.objects.filter(follow=greeting.follow_id)
    if greeting.follow_id and before.exclude(outcome=Outcome.MISSED).exists():
        return Reason.GREETED
    return Reason.NONE


def ready_for(message: Message, greeting: Greeting, *, at: datetime) -> Ready:
    contacts = Contact.objects.filter(pk=greeting.contact_id)
    employee = Employee.objects.only("name", "position").get(pk=greeting.employee_id)
    return filled(
        message,
        values_at(
            greeting.at,
            nickname=contacts.values_list("name", flat=True).first() or "",
            employee=employee.name,
            position=employee.position,
        ),
        at=at,
    )


def filled(message: Message, values: dict[str, str], *, at: datetime) -> Ready:
    """With WeCom's numbers of its files; those that WeCom has not are left out."""
    wanted = {one.media for one in message.attachments if one.media is not None}
    files = Media.objects.defer("content").in_bulk(wanted) if wanted else {}
    ids = {n: f.media_id for n, f in files.items() if is_ready(f, at=at)}
    told = [as_told(one, ids) for one in message.attachments]
    there = [one for one in told if one is not None]
    return Ready(
        text=fill(message.text, values),
        attachments=there,
        left_out=len(told) - len(there),
    )


def as_told(one: Attachment, ids: dict[int, str]) -> dict[str, Any] | None:
    if one.kind == "link":
        link = {"title": one.title, "url": one.url}
        more = {"desc": one.description, "picurl": one.picture}
        given = {name: value for name, value in more.items() if value}
        return {"msgtype": "link", "link": link | given}
    media_id = ids.get(one.media or 0)
    if media_id is None:
        return None
    if one.kind in FILES:
        return {"msgtype": one.kind, one.kind: {"media_id": media_id}}
    return {
        "msgtype": "miniprogram",
        "miniprogram": {
            "title": one.title,
            "pic_media_id": media_id,
            "appid": one.appid,
            "page": one.page,
        },
    }

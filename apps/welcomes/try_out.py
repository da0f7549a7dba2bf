"""A welcome is sent to oneself first, as messages of our app.

WeCom has no way to show a welcome to a colleague: the text and each attachment come one
by one. A mini-program comes as its title, since only one that belongs to the app could
be sent.
"""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.staff.models import User
from apps.wecom.outbox import Answer, ask
from apps.welcomes.content import Message
from apps.welcomes.fill import cut, values_at
from apps.welcomes.greet import Ready, filled

LONGEST = 2048  # bytes of a text to a colleague


class NoAccount(Refused):
    """Your sign-in belongs to no employee, so WeCom has nobody to send it to."""

    code = "try_out_without_account"


class FilesNotReady(Refused):
    """WeCom does not have the files yet. Try again in a few seconds."""

    code = "try_out_without_files"


@transaction.atomic
def try_out(*, message: Message, by: User, at: datetime) -> int:
    """How many messages are on their way."""
    employee = by.employee
    if employee is None or employee.has_left:
        raise NoAccount
    values = values_at(
        at,
        nickname=gettext("Ms Lin"),
        employee=employee.name,
        position=employee.position,
    )
    ready = filled(message, values, at=at)
    if ready.left_out:
        raise FilesNotReady
    told = messages_of(ready)
    for one in told:
        ask(
            "message.send",
            arguments={
                "touser": employee.wecom_id,
                "enable_duplicate_check": 0,  # as often as somebody wants to look
                **one,
            },
            answer="welcomes.tried",
        )
    return len(told)


def messages_of(ready: Ready) -> list[dict[str, Any]]:
    told = [as_text(part) for part in pieces(ready.text)]
    for one in ready.attachments:
        kind = one["msgtype"]
        if kind == "link":
            link = one["link"]
            article = {"title": link["title"], "url": link["url"]}
            article |= {"description": link.get("desc", "")}
            article |= {"picurl": link.get("picurl", "")}
            told.append({"msgtype": "news", "news": {"articles": [article]}})
        elif kind == "miniprogram":
            title = one["miniprogram"]["title"]
            told.append(as_text(f"[{gettext('mini-program')}] {title}"))
        else:
            told.append({"msgtype": kind, kind: one[kind]})
    return told


def as_text(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


def pieces(text: str) -> list[str]:
    found = []
    while text:
        piece = cut(text, LONGEST)
        found.append(piece)
        text = text[len(piece) :]
    return found


def tried(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """It is in their hands; a refusal is a failed command, with its reason."""


ANSWERS = {"welcomes.tried": Answer(tried)}

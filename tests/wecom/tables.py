"""Tables that the wire finds by their names in the settings."""

from datetime import datetime
from typing import Any

from apps.common.errors import Refused, TryLater
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask

HANDLERS: dict[tuple[str, str], Any] = {}

HEARD: list[dict[str, Any]] = []  # by this process, since the test began


class NotOurs(Refused):
    """This refusal is none that we can deal with."""


def note(**heard: Any) -> None:
    HEARD.append(heard)


def write_and_note(*, result: dict, about: dict, called_at: datetime) -> None:
    """Leaves a mark in the database, so that a test sees what was rolled back."""
    Command.objects.create(call="getcallbackip", lane="bulk", answer="mark")
    HEARD.append({"result": result, "about": about, "called_at": called_at})


def stumble(**heard: Any) -> None:
    write_and_note(**heard)
    raise ZeroDivisionError


def stumble_once(**heard: Any) -> None:
    write_and_note(**heard)
    if len(HEARD) == 1:
        raise ZeroDivisionError


def come_later(**heard: Any) -> None:
    write_and_note(**heard)
    raise TryLater


def refuse(**heard: Any) -> None:
    raise NotOurs


ANSWERS = {
    "noted": Answer(done=note, refused=note),
    "written": Answer(done=write_and_note),
    "stumbles": Answer(done=stumble),
    "stumbles_once": Answer(done=stumble_once),
    "comes_later": Answer(done=come_later),
    "refuses": Answer(done=refuse, refused=refuse),
}


def welcome(message: dict[str, Any]) -> None:
    ask("externalcontact.send_welcome_msg", arguments={"welcome_code": "code"})


WELCOMES = {("change_external_contact", "add_external_contact"): welcome}

"""Builders for welcomes, and new friends to greet."""

import io
import itertools
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone
from PIL import Image

from apps.staff.models import Employee
from apps.wecom.media import bring
from apps.wecom.models import Command, Media
from apps.welcomes.greet import greet
from apps.welcomes.keep import keep
from apps.welcomes.models import Greeting, Welcome
from tests import make
from tests.conftest import day

SEND = "externalcontact/send_welcome_msg"
number = itertools.count(1)


def a_welcome(
    text: str = "您好", *, at: datetime | None = None, **more: Any
) -> Welcome:
    """Switched on, and for whoever the test says."""
    told = {"text": text, "attachments": more.pop("attachments", [])}
    told["times"] = more.pop("times", [])
    name = more.pop("name", f"欢迎语 {next(number)}")
    return keep(name=name, told=told, by=more.pop("by", None), at=day(1), **more)


def a_friend(employee: Employee, *, at: datetime | None = None, **more: Any):
    """Somebody is added, WeCom gives a code, and we greet."""
    told_at = at or timezone.now()
    state = more.pop("state", "")
    follow = more.pop("follow", None) or make.follow(
        employee=employee, started_at=told_at, state=state, **more.pop("follow_of", {})
    )
    return greet(
        contact_id=follow.identity.contact_id,
        follow_id=follow.pk,
        employee_id=employee.pk,
        state=state,
        welcome_code=more.pop("code", f"code-{next(number)}"),
        told_at=told_at,
        at=more.pop("now", told_at + timedelta(seconds=1)),
    )


def said(greeting: Greeting) -> dict[str, Any]:
    """What WeCom is asked to tell them."""
    assert greeting.command is not None
    return greeting.command.arguments


def text_of(greeting: Greeting) -> str:
    return said(greeting)["text"]["content"]


def png(side: int = 20) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), "orange").save(written, "PNG")
    return written.getvalue()


def a_picture(**fields: Any) -> Media:
    """WeCom has it already, unless the test says otherwise."""
    media = bring(kind="image", name="海报.png", content=png(), at=timezone.now())
    fields = {"media_id": "M1", "uploaded_at": timezone.now()} | fields
    Media.objects.filter(pk=media.pk).update(**fields)
    media.refresh_from_db()
    return media


def a_second_passes() -> None:
    """What was put off is due, and as if it had been a second."""
    Command.objects.filter(status="waiting").update(
        due_at=timezone.now() - timedelta(milliseconds=1)
    )


def until_it_is_called(lane: str = "welcome", *, times: int = 1) -> None:
    from apps.common.jobs import drain

    for _time in range(times):
        a_second_passes()
        drain(lane)


def aged(seconds: float) -> None:
    """All greetings are of so long ago, and their commands expire as much earlier."""
    ago = timedelta(seconds=seconds)
    Greeting.objects.update(at=F("at") - ago)
    Command.objects.update(expires_at=F("expires_at") - ago)

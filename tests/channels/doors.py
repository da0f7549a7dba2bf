"""Builders for codes, and scans of them."""

from datetime import datetime
from typing import Any

from django.db import transaction

from apps.channels.keep import keep, publish
from apps.channels.models import Channel
from apps.events.models import EventRecord
from apps.staff.models import Employee
from apps.wecom.models import Command
from tests import make
from tests.conftest import day

CALLBACK = EventRecord.Source.CALLBACK


def a_plan(*people: Employee, **more: Any) -> dict[str, Any]:
    rows = [{"employee": who.pk} for who in people]
    return {"always": True, "people": rows} | more


def a_channel(*people: Employee, at: datetime | None = None, **more: Any) -> Channel:
    """Published, and held by WeCom as if it had answered."""
    channel = keep(
        draft=a_plan(*people, **more),
        name=f"门店 {next(make.number)}",
        by=None,
        at=at or day(1),
    )
    channel = publish(channel=channel, by=None, at=at or day(1))
    wecom_does_all()
    return Channel.objects.get(pk=channel.pk)


@transaction.atomic
def wecom_does_all() -> None:
    """Every command about codes is carried out, as WeCom would."""
    from apps.channels import codes

    while command := Command.objects.filter(
        call__startswith="externalcontact.", status="waiting"
    ).first():
        command.finish("done")
        done = codes.ANSWERS[command.answer].done
        result = {"config_id": f"cfg{next(make.number)}", "qr_code": "https://q/1"}
        done(result=result, about=command.about, called_at=day(1))


def scan(
    channel: Channel, *, by: Employee, at: datetime, work: bool = True, **more: Any
) -> Any:
    """Somebody is added by the code, and the entry is written."""
    from apps.channels.enter import enter

    follow = make.follow(employee=by, started_at=at, state=channel.state, **more)
    entry = enter(follow_id=follow.pk, state=channel.state, source=CALLBACK, at=at)
    if work:
        wecom_does_all()
    return entry


def holds(channel: Channel) -> list[str]:
    return Channel.objects.get(pk=channel.pk).held["user"]


def wanted(channel: Channel) -> list[str]:
    return Channel.objects.get(pk=channel.pk).wanted["user"]


def hear(wecom, done):
    """Our endpoint is told what was done."""
    for news in done["news"]:
        assert wecom.put(news["message"], receiver=news["receiver"]).status_code == 200

"""What WeCom tells of a link: nobody on it can be added, it was deleted, how it was
used, and whether those it brought have written.

Messages are counted on the entry by which they came. Of more than the first WeCom says
only that they came; whose they are is asked for.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Coalesce, Greatest, Least
from django.utils import timezone

from apps.channels.codes import ask_who_serves, held
from apps.channels.duty import local
from apps.channels.models import Channel, Entry, LinkDay
from apps.wecom.outbox import Answer, ask

DAYS = 3  # read again each night: WeCom counts late
WRITTEN = 1  # chat_status
A_SECOND = timedelta(seconds=1)  # WeCom's moments have no parts of it


def link_called(link_id: str) -> Channel | None:
    number = Channel.objects.published().filter(config_id=link_id)
    pk = number.values_list("pk", flat=True).first()
    return held(pk) if pk else None


@transaction.atomic
def unusable(*, link_id: str, at: datetime) -> None:
    """WeCom says that nobody on it can be added: who still may be is looked for."""
    channel = link_called(link_id)
    if channel is None or (channel.held_at and channel.held_at > at + A_SECOND):
        return  # said of those who stood there before
    channel.trouble = Channel.Trouble.UNUSABLE
    channel.save(update_fields=["trouble"])
    ask_who_serves(channel, {"channel": channel.pk, "wanted": channel.wanted})


@transaction.atomic
def deleted(*, link_id: str) -> None:
    channel = link_called(link_id)
    if channel is not None:
        channel.trouble = Channel.Trouble.LOST
        channel.save(update_fields=["trouble"])


# --- whom it brought ------------------------------------------------------------------


def entries_by(link_id: str, external_ids: list[str]):
    return Entry.objects.filter(
        channel__config_id=link_id, follow__identity__value__in=external_ids
    )


@transaction.atomic
def wrote_first(*, external_id: str, link_id: str, at: datetime) -> None:
    """The first of the facts that are told wins, whatever their order."""
    rows = entries_by(link_id, [external_id]).filter(at__lte=at)
    rows.update(
        spoke_at=Least(Coalesce("spoke_at", at), at), messages=Greatest("messages", 1)
    )


@transaction.atomic
def asked_who_wrote(*, chat_key: str) -> None:
    ask(
        "externalcontact.customer_acquisition_get_chat_info",
        arguments={"chat_key": chat_key},
        answer="channels.writer_read",
        once=f"chat:{chat_key}",
    )


def writer_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    told = result.get("chat_info") or {}
    rows = entries_by(told.get("link_id") or "", [result.get("external_userid") or ""])
    rows.update(
        spoke_at=Coalesce("spoke_at", called_at),
        messages=Greatest("messages", int(told.get("recv_msg_cnt") or 0)),
    )


def writer_unknown(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """The half hour is over."""


# --- once a night ---------------------------------------------------------------------


@transaction.atomic
def read_figures(*, at: datetime) -> int:
    """How the links of ours were used on the last days, and who has written."""
    today = local(at).date()
    links = Channel.objects.filter(kind=Channel.Kind.LINK).exclude(config_id="")
    for channel in links:
        for ago in range(1, DAYS + 1):
            read_day(channel, today - timedelta(days=ago))
        read_customers(channel)
    return len(links)


def read_day(channel: Channel, day: date) -> None:
    midnight = datetime.combine(day, time(), timezone.get_default_timezone())
    seconds = int(midnight.timestamp())
    ask(
        "externalcontact.customer_acquisition_statistic",
        arguments={
            "link_id": channel.config_id,
            "start_time": seconds,
            "end_time": seconds,
        },
        answer="channels.link_day_read",
        about={"channel": channel.pk, "day": day.isoformat()},
        once=f"link day:{channel.pk}:{day}",
    )


def read_customers(channel: Channel, *, cursor: str = "") -> None:
    ask(
        "externalcontact.customer_acquisition_customer",
        arguments={"link_id": channel.config_id, "cursor": cursor},
        answer="channels.link_customers_read",
        about={"channel": channel.pk},
        once=f"link customers:{channel.pk}:{cursor}",
    )


def link_day_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    LinkDay.objects.update_or_create(
        channel_id=about["channel"],
        day=date.fromisoformat(about["day"]),
        defaults={
            "opened": int(result.get("click_link_customer_cnt") or 0),
            "added": int(result.get("new_customer_cnt") or 0),
        },
    )


def link_customers_read(
    *, result: dict[str, Any], about: dict[str, Any], called_at: datetime
) -> None:
    """Who has written is marked, if the news of it was lost."""
    channel = Channel.objects.filter(pk=about["channel"]).first()
    if channel is None or not channel.config_id:
        return
    wrote = [
        row["external_userid"]
        for row in result.get("customer_list") or ()
        if row.get("chat_status") == WRITTEN
    ]
    silent = Q(spoke_at__isnull=True)
    rows = entries_by(channel.config_id, wrote).filter(silent)
    rows.update(spoke_at=called_at, messages=Greatest("messages", 1))
    if cursor := result.get("next_cursor"):
        read_customers(channel, cursor=cursor)


def not_told(*, errcode: int, about: dict[str, Any], called_at: datetime) -> None:
    """It is gone; the nightly comparison says so."""


ANSWERS = {
    "channels.writer_read": Answer(writer_read, writer_unknown),
    "channels.link_day_read": Answer(link_day_read, not_told),
    "channels.link_customers_read": Answer(link_customers_read, not_told),
}

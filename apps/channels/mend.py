"""What WeCom holds of a code is compared with what it was told, and mended.

Another program of the corp may have put other people on it, or deleted it. The first is
told again; the second a person must see, since the printed picture leads nowhere now.
A code that is just being told differs for a moment, which is no drift.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.channels.codes import changes_of, held, refresh
from apps.channels.models import Channel, Quota


@dataclass(frozen=True, kw_only=True)
class Told:
    """A code as WeCom tells it; nothing in `holds` if it is not there any more."""

    config_id: str
    read_at: datetime
    state: str | None = ""  # None: a link, which has none of its own
    holds: dict[str, Any] | None = None


@dataclass(frozen=True, kw_only=True)
class Counted:
    """How many codes the corp has, of ours and of others."""

    many: int
    read_at: datetime


def ours(config_ids: Iterable[str]) -> dict[str, Channel]:
    rows = Channel.objects.published().filter(config_id__in=list(config_ids))
    return {channel.config_id: channel for channel in rows}


def may_be_compared(channel: Channel, told: Told) -> bool:
    """Not while it is being told, nor by what was read before it was told last."""
    stale = channel.held_at is not None and channel.held_at > told.read_at
    return not stale and not changes_of(channel).exists()


@transaction.atomic(savepoint=False)
def mend(*, told: Told, at: datetime) -> bool:
    """Whether something differed."""
    number = Channel.objects.published().filter(config_id=told.config_id)
    pk = number.values_list("pk", flat=True).first()
    if pk is None:
        return False
    channel = held(pk)
    if not may_be_compared(channel, told):
        return False
    if told.holds is None:
        lost = channel.trouble != Channel.Trouble.LOST
        channel.trouble = Channel.Trouble.LOST
        channel.save(update_fields=["trouble"])
        return lost
    if told.holds == channel.held:
        return False
    channel.held, channel.held_at = told.holds, told.read_at
    channel.save(update_fields=["held", "held_at"])
    refresh(channel, at=at)
    return True


def keep_count(counted: Counted) -> None:
    Quota.objects.update_or_create(
        number=1, defaults={"used": counted.many, "counted_at": counted.read_at}
    )

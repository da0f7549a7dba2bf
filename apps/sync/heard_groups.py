"""What we do on change_external_chat (wecom-api.md 4.6).

Who left, and that a group was dismissed, is written at once. Everything else is read,
some seconds later: WeCom's answers lag behind its news.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from apps.common.clock import now
from apps.events.models import EventRecord
from apps.groups.chats import chats_by_id, keep_statuses, turn
from apps.groups.models import GroupChat, Stay
from apps.groups.stay import dismiss, keep_groups, leave_group
from apps.sync.groups import DISMISSED, group_row, statuses_in
from apps.sync.words import moment
from apps.wecom.hearing import Many
from apps.wecom.models import Command
from apps.wecom.outbox import Answer, ask, ask_all, wish

Message = dict[str, Any]
CALLBACK = EventRecord.Source.CALLBACK
SETTLED = timedelta(seconds=3)  # WeCom lags by some two (wecom-api.md 3.5)
TOGETHER = 5  # seconds of news that one reading serves
REMOVED = "1"  # QuitScene; 0: left by themselves


def groups_changed(messages: Sequence[Message]) -> None:
    for message in messages:
        if message.get("UpdateDetail") == "del_member":
            members_left(message)
    read_again(messages)


def read_again(messages: Sequence[Message]) -> None:
    """Ask for the groups once WeCom's answer can be trusted to hold this news.

    News of the same few seconds is served by one reading after the last of them; what
    came late is served by the next reading, whenever that is.
    """
    chats_by_id([message["ChatId"] for message in messages])
    ask_all(reading(message, now=now()) for message in messages)


def reading(message: Message, *, now: datetime) -> Command:
    chat_id, told_at = message["ChatId"], moment(message["CreateTime"])
    due_at, once = settled(turn(chat_id), told_at=told_at, now=now)
    return wish(
        "externalcontact.groupchat_get",
        arguments={"chat_id": chat_id},
        answer="sync.group_read",
        about={"chat_id": chat_id},
        once=once,
        due_at=due_at,
    )


def group_dismissed(message: Message) -> None:
    at = moment(message["CreateTime"])
    dismiss(chat_id=message["ChatId"], at=at, source=CALLBACK)


HANDLERS = {
    ("change_external_chat", "create"): Many(read_again),
    ("change_external_chat", "update"): Many(groups_changed),
    ("change_external_chat", "dismiss"): group_dismissed,
}


def members_left(message: Message) -> None:
    removed = message.get("QuitScene") == REMOVED
    leave_group(
        chat_id=message["ChatId"],
        member_ids=items(message.get("MemChangeList")),
        at=moment(message["CreateTime"]),
        left_by=Stay.LeftBy.REMOVED if removed else Stay.LeftBy.SELF,
        source=CALLBACK,
    )


def items(told: Any) -> list[str]:
    """<MemChangeList><Item>…; absent before 2023, and then the reading tells."""
    listed = told.get("Item") if isinstance(told, dict) else told
    if isinstance(listed, str):
        listed = [listed]
    return [item for item in listed or () if isinstance(item, str) and item]


# --- what is read --------------------------------------------------------------------


def settled(name: str, *, told_at: datetime, now: datetime) -> tuple[datetime, str]:
    """When to read what was told of, and the name under which it is read once."""
    if told_at + SETTLED <= now:
        return now, name
    slot = int(told_at.timestamp()) // TOGETHER + 1
    return moment(slot * TOGETHER) + SETTLED, f"{name} {slot}"


def read_statuses(owner: str, *, told_at: datetime) -> None:
    """Ask how far the handing over of an owner's groups is; groups do not say it."""
    due_at, once = settled(f"groups of {owner}", told_at=told_at, now=now())
    ask(
        "externalcontact.groupchat_list",
        arguments={"owner_filter": {"userid_list": [owner]}},
        answer="sync.group_statuses_read",
        once=once,
        due_at=due_at,
    )


def group_read(*, result: dict, about: dict, called_at: datetime) -> None:
    row = group_row(result["group_chat"], status=None, read_at=called_at)
    before = chats_by_id([row.wecom_id])[row.wecom_id]
    keep_groups([row], source=CALLBACK, at=called_at)
    after = GroupChat.objects.get(pk=before.pk)
    if after.owner_id != before.owner_id:
        read_statuses(row.owner, told_at=called_at)


def group_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """WeCom says that it is dismissed; any other refusal tells nothing of the group."""
    if errcode in DISMISSED:
        dismiss(chat_id=about["chat_id"], at=called_at, source=CALLBACK)


def group_statuses_read(*, result: dict, about: dict, called_at: datetime) -> None:
    keep_statuses(statuses_in(result))


def group_statuses_not_read(*, errcode: int, about: dict, called_at: datetime) -> None:
    """The owner is out of our range; the groups keep the status that we know."""


ANSWERS = {
    "sync.group_read": Answer(group_read, group_not_read),
    "sync.group_statuses_read": Answer(group_statuses_read, group_statuses_not_read),
}

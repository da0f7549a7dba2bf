"""Group chats as WeCom tells them: who owns them, what they are called, their end.

A dismissal is final; only what was read well after it takes it back. What was read
before the last difference we know of is stale.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from apps.common.spelling import grams, spelling
from apps.common.turns import take_turns
from apps.contacts.retell import LAG
from apps.groups.models import GroupChat

WRITTEN = [
    *("name", "notice", "owner", "admins", "status", "member_version"),
    *("created_at", "dismissed_at", "read_at", "spelling", "grams"),
]

RECOUNT = """
UPDATE groups_groupchat AS chat
SET member_count = counted.members, contact_count = counted.contacts
FROM (
    SELECT chat.id, count(stay.id) AS members, count(stay.identity_id) AS contacts
    FROM groups_groupchat AS chat
    LEFT JOIN groups_stay AS stay ON stay.group_id = chat.id AND stay.left_at IS NULL
    WHERE chat.id = ANY(%s)
    GROUP BY chat.id
) AS counted
WHERE chat.id = counted.id
    AND (chat.member_count, chat.contact_count) IS DISTINCT FROM
        (counted.members, counted.contacts)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberRow:
    """Somebody in a group; `member_id` is an account or an external user id."""

    member_id: str
    is_employee: bool
    joined_at: datetime
    scene: int | None = None
    state: str = ""
    invited_by: str = ""
    nickname: str = ""
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class GroupRow:
    """A group and everybody in it. `status` is None where the call does not tell it."""

    wecom_id: str
    read_at: datetime
    name: str = ""
    owner: str = ""
    notice: str = ""
    admins: tuple[str, ...] = ()
    created_at: datetime | None = None
    member_version: str = ""
    status: int | None = None
    members: tuple[MemberRow, ...] = ()

    @property
    def employees(self) -> Iterator[MemberRow]:
        return (member for member in self.members if member.is_employee)

    @property
    def contacts(self) -> Iterator[MemberRow]:
        return (member for member in self.members if not member.is_employee)


def turn(chat_id: str) -> str:
    """The name under which whoever changes this group takes turns."""
    return f"chat:{chat_id}"


@transaction.atomic
def chats_by_id(ids: Iterable[str]) -> dict[str, GroupChat]:
    """The group behind each id, ours to change until the transaction ends.

    One that we do not know is kept by its id.
    """
    wanted = sorted(set(ids))
    take_turns(*map(turn, wanted))
    found = known(wanted)
    GroupChat.objects.bulk_create(
        [GroupChat(wecom_id=wecom_id) for wecom_id in wanted if wecom_id not in found],
        ignore_conflicts=True,
    )
    return found if len(found) == len(wanted) else known(wanted)


def known(ids: Iterable[str]) -> dict[str, GroupChat]:
    chats = GroupChat.objects.filter(wecom_id__in=list(ids))
    return {chat.wecom_id: chat for chat in chats}


def is_stale(chat: GroupChat, row: GroupRow) -> bool:
    return bool(chat.read_at and row.read_at < chat.read_at)


def keep_chats(
    rows: Mapping[str, GroupRow],
    chats: Mapping[str, GroupChat],
    *,
    owners: Mapping[str, int],
    touched: Iterable[int],
) -> list[GroupChat]:
    """Write what differs of the groups, and that the touched ones differed."""
    touched = set(touched)
    changed = []
    for wecom_id, row in rows.items():
        chat = chats[wecom_id]
        wanted = {
            "name": row.name[:255],
            "notice": row.notice,
            "owner_id": owners.get(row.owner),
            "admins": sorted(row.admins),
            "status": chat.status if row.status is None else row.status,
            "member_version": row.member_version[:64],
            "created_at": row.created_at or chat.created_at,
        }
        if chat.dismissed_at and row.read_at > chat.dismissed_at + LAG:
            wanted["dismissed_at"] = None
        differs = any(getattr(chat, name) != value for name, value in wanted.items())
        if differs or chat.pk in touched:
            for name, value in wanted.items():
                setattr(chat, name, value)
            chat.spelling, chat.grams = spelling(chat.name), grams(chat.name)
            chat.read_at = row.read_at
            changed.append(chat)
    GroupChat.objects.bulk_update(changed, WRITTEN)
    return changed


def keep_statuses(statuses: Mapping[str, int]) -> int:
    """How far their handing over is. Answers how many differed."""
    changed = [
        chat
        for wecom_id, chat in known(statuses).items()
        if chat.status != statuses[wecom_id]
    ]
    for chat in changed:
        chat.status = statuses[chat.wecom_id]
    GroupChat.objects.bulk_update(changed, ["status"])
    return len(changed)


def recount(chat_ids: Iterable[int]) -> None:
    """How many are in each group now."""
    with connection.cursor() as cursor:
        cursor.execute(RECOUNT, [sorted(set(chat_ids))])

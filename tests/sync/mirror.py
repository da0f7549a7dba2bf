"""Our records and WeCom's in the same words, told without the comparing of a pull."""

import json
from typing import Any

from django.db.models import Q, QuerySet

from apps.contacts.models import Follow
from apps.contacts.phones import phones_of
from apps.groups.models import GroupChat, Stay
from apps.sandbox.corp import Corp
from apps.staff.models import Employee, Posting
from apps.tags.models import Tag, Tagging

IN_WECHAT = 1  # of others WeCom does not tell the company in a remark
Told = dict[str, set[tuple[Any, ...]]]


def ours() -> Told:
    serving = Employee.objects.working().filter(serves=True)
    follows = Follow.objects.filter(
        Q(ended_at=None, confirmed_at__isnull=False) | Q(ended_by="contact"),
        employee__in=serving,
    ).select_related("employee", "identity__contact")
    labels: dict[int, list[str]] = {}
    for follow, tag in Tagging.objects.values_list("follow", "tag__wecom_id"):
        labels.setdefault(follow, []).append(tag)
    return {
        "follows": {
            (
                follow.employee.wecom_id,
                follow.identity.value,
                follow.identity.contact.name,
                follow.remark,
                follow.description,
                follow.remark_corp_name,
                tuple(phones_of(follow)),
                follow.state,
                int(follow.confirmed_at.timestamp()),
                tuple(sorted(labels.get(follow.pk, []))),
            )
            for follow in follows
        },
        "employees": {
            (one.wecom_id, one.name, one.position, one.serves, posts(one))
            for one in read_employees()
        },
        "tags": {
            (tag.wecom_id, tag.name, tag.group.wecom_id)
            for tag in Tag.objects.filter(deleted_at=None).select_related("group")
        },
        "chats": {
            (chat.wecom_id, chat.name, chat.owner.wecom_id, chat.notice)
            for chat in GroupChat.objects.filter(dismissed_at=None)
        },
        "members": {
            (stay.group.wecom_id, stay.member_id, int(stay.joined_at.timestamp()))
            for stay in Stay.objects.filter(
                left_at=None, group__dismissed_at=None
            ).select_related("group")
        },
    }


def read_employees() -> QuerySet:
    """Of others we know the account only: somebody named them who was never told of."""
    return Employee.objects.working().exclude(status=Employee.Status.UNREAD)


def posts(employee: Employee) -> tuple[int, ...]:
    mine = Posting.objects.filter(employee=employee)
    return tuple(sorted(mine.values_list("department__wecom_id", flat=True)))


def kept(text: str) -> str:
    """PostgreSQL keeps no NUL."""
    return text.replace("\x00", "")


def theirs(corp: Corp) -> Told:
    labels: dict[int, list[str]] = {}
    for row in corp.rows("SELECT * FROM tagging"):
        labels.setdefault(row["follow"], []).append(row["tag"])
    places: dict[str, list[int]] = {}
    for row in corp.rows("SELECT * FROM membership"):
        places.setdefault(row["userid"].lower(), []).append(row["department"])
    return {
        "follows": {
            (
                row["userid"].lower(),
                row["external_userid"],
                kept(row["name"]),
                kept(row["remark"]),
                kept(row["description"]),
                kept(row["remark_corp_name"]) if row["type"] == IN_WECHAT else "",
                tuple(sorted({*json.loads(row["remark_mobiles"])} - {""})),
                row["state"],
                row["createtime"],
                tuple(sorted(labels.get(row["id"], []))),
            )
            for row in corp.rows(
                "SELECT follow.*, person.name, person.type FROM follow"
                " JOIN person USING (external_userid)"
                " JOIN employee USING (userid)"
                " WHERE relation IN ('mutual', 'left') AND serves"
                " AND resigned_at IS NULL"
            )
        },
        "employees": {
            (
                row["userid"].lower(),
                kept(row["name"]),
                kept(row["position"]),
                bool(row["serves"]),
                tuple(sorted(places.get(row["userid"].lower(), []))),
            )
            for row in corp.rows("SELECT * FROM employee WHERE resigned_at IS NULL")
        },
        "tags": {
            (row["id"], kept(row["name"]), row["group_id"])
            for row in corp.rows("SELECT * FROM tag WHERE NOT deleted")
        },
        "chats": {
            (
                row["chat_id"],
                kept(row["name"]),
                row["owner"].lower(),
                kept(row["notice"]),
            )
            for row in corp.rows(
                "SELECT * FROM group_chat WHERE dismissed_at IS NULL AND NOT internal"
            )
        },
        "members": {
            (
                row["chat_id"],
                row["member"].lower() if row["type"] == 1 else row["member"],
                row["join_time"],
            )
            for row in corp.rows(
                "SELECT group_member.* FROM group_member"
                " JOIN group_chat USING (chat_id)"
                " WHERE dismissed_at IS NULL AND NOT internal"
            )
        },
    }

"""Where group chats and who is in them differ from what WeCom tells of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from apps.contacts.retell import LAG
from apps.groups.chats import GroupRow, MemberRow
from apps.groups.models import GroupChat, Stay
from apps.sync.page import Compared, subject_of


def compared_chats(
    rows: list[GroupRow], chats: Mapping[str, GroupChat]
) -> Iterator[Compared]:
    for row in rows:
        chat = chats.get(row.wecom_id)
        yield Compared(
            thing="groupchat",
            subject=row.wecom_id,
            ours=held_of(chat, row) if chat and not chat.dismissed_at else None,
            theirs=told_of(row),
        )


def held_of(chat: GroupChat, row: GroupRow) -> dict[str, Any]:
    return {
        "name": chat.name,
        "owner": chat.owner.wecom_id if chat.owner else "",
        "notice": chat.notice,
        "admins": set(chat.admins),
        "made at": chat.created_at if row.created_at else None,
        "member version": chat.member_version,
        "status": None if row.status is None else chat.status,
    }


def told_of(row: GroupRow) -> dict[str, Any]:
    return {
        "name": row.name[:255],
        "owner": row.owner,
        "notice": row.notice,
        "admins": set(row.admins),
        "made at": row.created_at,
        "member version": row.member_version[:64],
        "status": row.status,
    }


def compared_members(
    rows: list[GroupRow], chats: Mapping[str, GroupChat]
) -> Iterator[Compared]:
    """Everybody whom WeCom lists, or whom we hold to be in a group that it tells of."""
    stays = latest_stays(chats)
    for row in rows:
        listed = {member.member_id: member for member in row.members}
        ours = stays.get(row.wecom_id, {})
        for member_id in sorted(listed.keys() | ours.keys()):
            stay, member = ours.get(member_id), listed.get(member_id)
            if too_soon_to_say(stay, member, row):
                continue
            is_in = stay is not None and stay.left_at is None
            if not is_in and member is None:
                continue
            yield Compared(
                thing="stay",
                subject=subject_of(row.wecom_id, member_id),
                contact_id=contact_of(stay),
                ours=stay_of(stay) if stay and is_in else None,
                theirs=member_of(member) if member else None,
            )


def latest_stays(chats: Mapping[str, GroupChat]) -> dict[str, dict[str, Stay]]:
    """The latest stay of everybody, by chat and by what they are called today."""
    wecom_ids = {chat.pk: wecom_id for wecom_id, chat in chats.items()}
    found: dict[str, dict[str, Stay]] = defaultdict(dict)
    rows = Stay.objects.filter(group__in=wecom_ids)
    for stay in rows.select_related("employee", "identity").order_by("joined_at", "pk"):
        who = stay.employee.wecom_id if stay.employee else stay.member_id
        found[wecom_ids[stay.group_id]][who] = stay
    return found


def too_soon_to_say(stay: Stay | None, member: MemberRow | None, row: GroupRow) -> bool:
    """WeCom's answers lag behind its news."""
    if stay is None:
        return False
    if stay.left_at:
        return member is not None and row.read_at <= stay.left_at + LAG
    return member is None and stay.joined_at >= row.read_at - LAG


def contact_of(stay: Stay | None) -> int | None:
    return stay.identity.contact_id if stay and stay.identity else None


def stay_of(stay: Stay) -> dict[str, Any]:
    return {
        "joined at": stay.joined_at,
        "scene": stay.scene,
        "state": stay.state,
        "invited by": stay.invited_by,
        "name in the group": stay.nickname,
        "name": stay.name,
    }


def member_of(member: MemberRow) -> dict[str, Any]:
    return {
        "joined at": member.joined_at,
        "scene": member.scene,
        "state": member.state[:64],
        "invited by": member.invited_by[:64],
        "name in the group": member.nickname[:255],
        "name": member.name[:255],
    }

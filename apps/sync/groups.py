"""Pull group chats: groupchat/list by owner, then groupchat/get for each.

The groups of owners who left are found only by naming the owner, so everybody who may
own one is named. A group that we hold and that is not listed is asked for all the
same: it is gone when WeCom says so of the group itself, and never because a list was
short. groupchat/get does not tell how far the handing over is; the list does, and the
key of a chain carries it along.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.common.clock import now
from apps.events.models import EventRecord
from apps.groups.chats import GroupRow, MemberRow, is_stale
from apps.groups.models import GroupChat
from apps.groups.stay import dismiss, keep_groups, of_the_living
from apps.staff.models import Employee
from apps.sync.compared_groups import compared_chats, compared_members
from apps.sync.models import Pull
from apps.sync.page import Compared, Found, Page, Tally, differences
from apps.sync.words import account, kind, moment, text, whole
from apps.wecom.calls import call, pages
from apps.wecom.errors import TokenRefused, WeComRefused

NAME = "groups"
CHAINS = 20
LONGEST = 200  # groups of one chain
PAGE = 10  # groups read one after the other and kept at once
PER_CALL = 100  # owners that one call may name
PASSED_OVER: set[int] = set()  # a group that is refused is no reason to skip others
DISMISSED = {49008, 90501}  # dismissed, or no longer a customer group
OUT_OF_REACH = {60011, 60030, 48002, 40058, 90500}
NO_OWNER = {40031, 40003, 60011, 60111, 84074}  # one of the owners named is none
EVERY_WHOLE = ""
EXTERNAL = 2  # the type of a member who is a contact (wecom-api.md 3.5)


# --- reading -------------------------------------------------------------------------


def plan(pull: Pull) -> list[list[str]]:
    """All groups that WeCom lists, and those we hold besides."""
    statuses: dict[str, int | None] = {}
    owners = sorted(possible_owners())
    for start in range(0, len(owners), PER_CALL):
        statuses |= groups_of(owners[start : start + PER_CALL])
    held = GroupChat.objects.filter(dismissed_at=None).values_list(
        "wecom_id", flat=True
    )
    for chat_id in held:
        statuses.setdefault(chat_id, None)
    keys = [key_of(chat_id, status) for chat_id, status in sorted(statuses.items())]
    count = max(min(CHAINS, len(keys)), -(-len(keys) // LONGEST))
    return [keys[number::count] for number in range(count)]


def possible_owners() -> set[str]:
    """Those who serve contacts, whoever we know of, and at the very beginning those
    who left contacts behind."""
    answer = call("externalcontact.get_follow_user_list")
    owners = {account(who) for who in answer.get("follow_user") or []}
    owners |= set(Employee.objects.values_list("wecom_id", flat=True))
    if not GroupChat.objects.exists():
        owners |= leavers()
    return owners - {""}


def leavers() -> set[str]:
    found: set[str] = set()
    try:
        for answer, _cursor in pages("externalcontact.get_unassigned_list"):
            rows = answer.get("info") or []
            found |= {account(row.get("handover_userid")) for row in rows}
    except TokenRefused:
        raise
    except WeComRefused:
        pass  # nothing we need: their groups are found when they are named to us
    return found


def groups_of(owners: list[str]) -> dict[str, int | None]:
    """Chat ids with their status. An owner whom WeCom does not know is left out."""
    found: dict[str, int | None] = {}
    try:
        for answer, _cursor in pages(
            "externalcontact.groupchat_list", owner_filter={"userid_list": owners}
        ):
            found |= statuses_in(answer)
    except WeComRefused as refusal:
        if refusal.errcode not in NO_OWNER:
            raise
        if len(owners) == 1:
            return {}
        half = len(owners) // 2
        return groups_of(owners[:half]) | groups_of(owners[half:])
    return found


def statuses_in(answer: dict[str, Any]) -> dict[str, int]:
    listed = answer.get("group_chat_list") or []
    return {text(chat.get("chat_id")): kind(chat.get("status")) for chat in listed}


def key_of(chat_id: str, status: int | None) -> str:
    return f"{'' if status is None else status}:{chat_id}"


def fetch(*, keys: list[str], cursor: str) -> Page:
    """The next few groups of the chain."""
    place = int(cursor or 0)
    following = place + PAGE
    chunk = keys[place:following]
    return Page(
        rows=[row for key in chunk if (row := read_group(key))],
        next_cursor=str(following) if following < len(keys) else "",
        calls=len(chunk),
    )


def read_group(key: str) -> GroupRow | str | None:
    """The group; its id alone if it is dismissed; nothing if we may not see it."""
    status, _colon, chat_id = key.partition(":")
    read_at = now()
    try:
        answer = call("externalcontact.groupchat_get", chat_id=chat_id)
    except WeComRefused as refusal:
        if refusal.errcode in DISMISSED:
            return chat_id
        if refusal.errcode in OUT_OF_REACH:
            return None
        raise
    told = answer["group_chat"]
    return group_row(told, status=int(status) if status else None, read_at=read_at)


def group_row(
    told: dict[str, Any], *, status: int | None, read_at: datetime
) -> GroupRow:
    made = whole(told.get("create_time"))
    return GroupRow(
        wecom_id=text(told.get("chat_id")),
        read_at=read_at,
        name=text(told.get("name")),
        owner=account(told.get("owner")),
        notice=text(told.get("notice")),
        admins=tuple(
            account(who.get("userid")) for who in told.get("admin_list") or ()
        ),
        created_at=moment(made) if made else None,
        member_version=text(told.get("member_version")),
        status=status,
        members=tuple(member_row(member) for member in told.get("member_list") or ()),
    )


def member_row(told: dict[str, Any]) -> MemberRow:
    is_employee = whole(told.get("type")) != EXTERNAL
    scene = told.get("join_scene")
    return MemberRow(
        member_id=account(told.get("userid"))
        if is_employee
        else text(told.get("userid")),
        is_employee=is_employee,
        joined_at=moment(told.get("join_time") or 0),
        scene=None if scene is None else kind(scene),
        state=text(told.get("state")),
        invited_by=account((told.get("invitor") or {}).get("userid")),
        nickname=text(told.get("group_nickname")),
        name=text(told.get("name")),
    )


# --- keeping -------------------------------------------------------------------------

Row = GroupRow | str  # a string is the id of a dismissed group


def living(rows: Iterable[Row]) -> list[GroupRow]:
    return [row for row in rows if isinstance(row, GroupRow)]


def merge(rows: list[Row], *, source: EventRecord.Source, at: datetime) -> Tally:
    groups = living(rows)
    read_at = min((row.read_at for row in groups), default=at)
    kept = keep_groups(groups, source=source, at=read_at)
    gone = still_standing(row for row in rows if isinstance(row, str))
    for chat_id in gone:
        dismiss(chat_id=chat_id, at=at, source=source)
    return Tally(read=len(rows), new=kept.new, different=kept.different, gone=len(gone))


def still_standing(chat_ids: Iterable[str]) -> list[str]:
    """Those that we do not know to be dismissed."""
    rows = GroupChat.objects.filter(wecom_id__in=list(chat_ids), dismissed_at=None)
    return sorted(rows.values_list("wecom_id", flat=True))


def whole_of(key: str) -> str:
    return EVERY_WHOLE


def sightings(rows: Iterable[Row]) -> list[tuple[str, str]]:
    return [(EVERY_WHOLE, row.wecom_id) for row in living(rows)]


def held(of: str) -> int:
    return GroupChat.objects.filter(dismissed_at=None).count()


def missing(of: str, seen: set[str], *, before: datetime) -> list[str]:
    """None: each group that we hold was asked for, and WeCom said what became of it."""
    return []


def gone(of: str, items: list[str]) -> list[Found]:
    return []


def end(of: str, items: list[str], *, source: EventRecord.Source, at: datetime) -> None:
    for chat_id in items:
        dismiss(chat_id=chat_id, at=at, source=source)


def compare(rows: list[Row]) -> list[Found]:
    """Every field that the calls tell and we keep, group by group, member by member."""
    groups = living(rows)
    ids = [row.wecom_id for row in groups]
    known = GroupChat.objects.select_related("owner").filter(wecom_id__in=ids)
    chats = {chat.wecom_id: chat for chat in known}
    fresh = [
        row
        for row in groups
        if row.wecom_id not in chats or not is_stale(chats[row.wecom_id], row)
    ]
    gone = still_standing(row for row in rows if isinstance(row, str))
    return differences(
        [
            *compared_chats(fresh, chats),
            *compared_members(of_the_living(fresh), chats),
            *(
                Compared(thing="groupchat", subject=chat_id, ours={}, theirs=None)
                for chat_id in gone
            ),
        ]
    )

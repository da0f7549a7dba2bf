"""Customer groups come, change and go (wecom-api.md 3.5 and 4.6)."""

import hashlib
import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.people import person
from apps.sandbox.acts.registry import act
from apps.sandbox.names import PLACES, TRADES
from apps.sandbox.records import CannotDo, Records

EVENT = "change_external_chat"
EMPLOYEE, OUTSIDER = 1, 2
INVITED, BY_LINK, BY_CODE = 1, 2, 3
# An event numbers the ways of joining otherwise than groupchat/get does.
JOIN_SCENE_IN_EVENTS = {INVITED: 0, BY_LINK: 0, BY_CODE: 3}
LEFT, REMOVED = 0, 1


def member_version(chat_id: str, version: int) -> str:
    """32 hexadecimal digits, as WeCom prints the version of a member list."""
    return hashlib.md5(f"{chat_id}:{version}".encode()).hexdigest()


@act
def group_create(
    corp: Records,
    *,
    at: int,
    chat_id: str | None = None,
    owner: str | None = None,
    name: str | None = None,
    members: list[str] | None = None,
) -> dict[str, Any]:
    """An employee opens a group with customers (ids of persons or employees)."""
    owner = pick.employee(corp, owner)["userid"]
    if members is None:
        found = corp.rows(
            "SELECT external_userid FROM follow WHERE userid = ?"
            " AND relation = 'mutual' LIMIT 3",
            owner,
        )
        members = [row["external_userid"] for row in found]
    chat_id = chat_id or corp.identifier("wr")
    if corp.value("SELECT 1 FROM group_chat WHERE chat_id = ?", chat_id):
        raise CannotDo(f"There is a group chat {chat_id} already.")
    if name is None:
        name = f"{corp.random.choice(PLACES)}{corp.random.choice(TRADES)}交流群"
    corp.run(
        "INSERT INTO group_chat (chat_id, name, owner, create_time)"
        " VALUES (?, ?, ?, ?)",
        chat_id,
        name,
        owner,
        at,
    )
    enter(corp, chat_id, [owner, *members], at=at, scene=INVITED, invitor=owner)
    corp.tell(EVENT, "create", at=at, ChatId=chat_id)
    return {"chat_id": chat_id, "owner": owner, "name": name, "members": members}


@act
def group_join(
    corp: Records,
    *,
    at: int,
    chat_id: str | None = None,
    members: list[str] | None = None,
    scene: int = BY_CODE,
    invitor: str = "",
    state: str = "",
) -> dict[str, Any]:
    """Somebody joins: persons (known or new) or employees, by their ids."""
    if scene not in JOIN_SCENE_IN_EVENTS:
        raise CannotDo(f"Nobody joins by scene {scene}.")
    chat = pick.group_chat(corp, chat_id)
    if members is None:
        members = [someone_not_in(corp, chat["chat_id"])]
    last, current = next_version(corp, chat)
    enter(
        corp,
        chat["chat_id"],
        members,
        at=at,
        scene=scene,
        invitor=invitor or (chat["owner"] if scene == INVITED else ""),
        state=state,
    )
    corp.tell(
        EVENT,
        "update",
        at=at,
        ChatId=chat["chat_id"],
        UpdateDetail="add_member",
        JoinScene=JOIN_SCENE_IN_EVENTS[scene],
        MemChangeCnt=len(members),
        MemChangeList=members,
        LastMemVer=last,
        CurMemVer=current,
    )
    return {"chat_id": chat["chat_id"], "members": members}


@act
def group_leave(
    corp: Records,
    *,
    at: int,
    chat_id: str | None = None,
    members: list[str] | None = None,
    removed: bool = False,
) -> dict[str, Any]:
    """Members leave, or are removed; the owner cannot."""
    chat = pick.group_chat(corp, chat_id)
    if members is None:
        found = pick.any_of(
            corp,
            "SELECT member FROM group_member WHERE chat_id = ? AND type = ?",
            chat["chat_id"],
            OUTSIDER,
        )
        members = [found["member"]] if found else []
    inside = {
        row["member"]
        for row in corp.rows(
            "SELECT member FROM group_member WHERE chat_id = ?", chat["chat_id"]
        )
    }
    if not members or not inside.issuperset(members) or chat["owner"] in members:
        raise CannotDo(f"{members} cannot leave {chat['chat_id']}.")
    last, current = next_version(corp, chat)
    corp.run_many(
        "DELETE FROM group_member WHERE chat_id = ? AND member = ?",
        [(chat["chat_id"], member) for member in members],
    )
    corp.tell(
        EVENT,
        "update",
        at=at,
        ChatId=chat["chat_id"],
        UpdateDetail="del_member",
        QuitScene=REMOVED if removed else LEFT,
        MemChangeCnt=len(members),
        MemChangeList=members,
        LastMemVer=last,
        CurMemVer=current,
    )
    return {"chat_id": chat["chat_id"], "members": members}


@act
def group_rename(
    corp: Records, *, at: int, chat_id: str | None = None, name: str | None = None
) -> dict[str, Any]:
    if name is None:
        name = f"{corp.random.choice(PLACES)}{corp.random.choice(TRADES)}福利群"
    return alter(corp, at, chat_id, "change_name", name=name)


@act
def group_notice(
    corp: Records, *, at: int, chat_id: str | None = None, notice: str | None = None
) -> dict[str, Any]:
    if notice is None:
        notice = f"本周{corp.random.choice(TRADES)}专场，群内报名有礼"
    return alter(corp, at, chat_id, "change_notice", notice=notice)


@act
def group_owner(
    corp: Records, *, at: int, chat_id: str | None = None, owner: str | None = None
) -> dict[str, Any]:
    """The group gets another owner; one of a leaver is inherited thereby."""
    chat = pick.group_chat(corp, chat_id)
    new = pick.employee(corp, owner)["userid"]
    status = give_group(corp, chat, new, at=at)
    return alter(corp, at, chat["chat_id"], "change_owner", owner=new, status=status)


def give_group(corp: Records, chat: sqlite3.Row, new: str, *, at: int) -> int:
    """Another owner, who is in it from now on; answers its status."""
    if not corp.value(
        "SELECT 1 FROM group_member WHERE chat_id = ? AND member = ?",
        chat["chat_id"],
        new,
    ):
        enter(corp, chat["chat_id"], [new], at=at, scene=INVITED, invitor=chat["owner"])
        corp.run("UPDATE group_chat SET version = version + 1 WHERE id = ?", chat["id"])
    status = 3 if chat["status"] in (1, 2) else chat["status"]
    corp.run(
        "UPDATE group_chat SET owner = ?, status = ? WHERE id = ?",
        new,
        status,
        chat["id"],
    )
    return status


@act
def group_dismiss(
    corp: Records, *, at: int, chat_id: str | None = None
) -> dict[str, Any]:
    chat = pick.group_chat(corp, chat_id)
    corp.run("UPDATE group_chat SET dismissed_at = ? WHERE id = ?", at, chat["id"])
    corp.tell(EVENT, "dismiss", at=at, ChatId=chat["chat_id"])
    return {"chat_id": chat["chat_id"]}


def alter(
    corp: Records, at: int, chat_id: str | None, detail: str, **columns: Any
) -> dict[str, Any]:
    chat = pick.group_chat(corp, chat_id)
    for column, value in columns.items():
        corp.run(f"UPDATE group_chat SET {column} = ? WHERE id = ?", value, chat["id"])
    corp.tell(EVENT, "update", at=at, ChatId=chat["chat_id"], UpdateDetail=detail)
    return {"chat_id": chat["chat_id"], **columns}


def next_version(corp: Records, chat: sqlite3.Row) -> tuple[str, str]:
    corp.run("UPDATE group_chat SET version = version + 1 WHERE id = ?", chat["id"])
    return (
        member_version(chat["chat_id"], chat["version"]),
        member_version(chat["chat_id"], chat["version"] + 1),
    )


def someone_not_in(corp: Records, chat_id: str) -> str:
    """A customer who is not in the group, or now and then nobody's customer."""
    if corp.random.random() < 0.8:
        follow = pick.follow(corp, None, None, "mutual")
        if not corp.value(
            "SELECT 1 FROM group_member WHERE chat_id = ? AND member = ?",
            chat_id,
            follow["external_userid"],
        ):
            return follow["external_userid"]
    return person(corp)["external_userid"]


def enter(
    corp: Records,
    chat_id: str,
    members: list[str],
    *,
    at: int,
    scene: int,
    invitor: str = "",
    state: str = "",
) -> None:
    for member in members:
        employee = corp.row("SELECT userid FROM employee WHERE userid = ?", member)
        if employee is None:
            person(corp, member)
        corp.run(
            "INSERT OR IGNORE INTO group_member (chat_id, member, type, join_time,"
            " join_scene, invitor, state) VALUES (?, ?, ?, ?, ?, ?, ?)",
            chat_id,
            employee["userid"] if employee else member,
            EMPLOYEE if employee else OUTSIDER,
            at,
            scene,
            invitor if scene != BY_CODE and invitor != member else "",
            state,
        )

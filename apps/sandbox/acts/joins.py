"""Somebody scans a code of groups, and what is done to one (wecom-api.md 3.5)."""

import json
import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.groups import BY_CODE, group_create, group_join
from apps.sandbox.acts.people import person
from apps.sandbox.acts.registry import act
from apps.sandbox.records import CannotDo, Records

MOST_GROUPS = 5


@act
def scan_group_code(
    corp: Records,
    *,
    at: int,
    config_id: str | None = None,
    state: str | None = None,
    external_userid: str | None = None,
    **about: Any,
) -> dict[str, Any]:
    """A customer joins the first group of the code that has room. If none has, and
    the code says so, WeCom opens a new one in the name of the last one's owner."""
    way = join_way_of(corp, config_id, state)
    chats = json.loads(way["chats"])
    whom = person(corp, external_userid, **about)
    chat_id = first_with_room(corp, chats)
    made = chat_id is None
    if chat_id is None:
        chat_id = one_more(corp, way, chats, at=at)
    group_join(
        corp,
        at=at,
        chat_id=chat_id,
        members=[whom["external_userid"]],
        scene=BY_CODE,
        state=way["state"],
    )
    return {
        "chat_id": chat_id,
        "external_userid": whom["external_userid"],
        "made": made,
    }


@act
def lose_group_code(
    corp: Records,
    *,
    at: int,
    config_id: str | None = None,
    state: str | None = None,
) -> dict[str, Any]:
    """Another app of the corp deletes a code of groups; WeCom tells nobody."""
    way = join_way_of(corp, config_id, state)
    corp.run("DELETE FROM join_way WHERE row = ?", way["row"])
    return {"config_id": way["config_id"]}


def one_more(corp: Records, way: sqlite3.Row, chats: list[str], *, at: int) -> str:
    if not way["auto_create_room"]:
        raise CannotDo("The groups of this code are full.")
    owner = corp.value("SELECT owner FROM group_chat WHERE chat_id = ?", chats[-1])
    name = f"{way['room_base_name']}{way['room_base_id']}"
    made = group_create(corp, at=at, owner=owner, name=name, members=[])
    corp.run(
        "UPDATE join_way SET chats = ?, room_base_id = room_base_id + 1 WHERE row = ?",
        json.dumps([*chats, made["chat_id"]][-MOST_GROUPS:]),
        way["row"],
    )
    return made["chat_id"]


def first_with_room(corp: Records, chats: list[str]) -> str | None:
    for chat_id in chats:
        standing = corp.value(
            "SELECT 1 FROM group_chat WHERE chat_id = ? AND dismissed_at IS NULL",
            chat_id,
        )
        inside = corp.value(
            "SELECT count(*) FROM group_member WHERE chat_id = ?", chat_id
        )
        if standing and inside < corp.knobs.group_code_limit:
            return chat_id
    return None


def join_way_of(corp: Records, config_id: str | None, state: str | None) -> sqlite3.Row:
    for column, value in (("config_id", config_id), ("state", state)):
        if value is not None:
            found = corp.row(f"SELECT * FROM join_way WHERE {column} = ?", value)
            if found is None:
                raise CannotDo(f"There is no code of groups with {column} {value!r}.")
            return found
    found = pick.any_of(corp, "SELECT * FROM join_way")
    if found is None:
        raise CannotDo("There is no code of groups.")
    return found

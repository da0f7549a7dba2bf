"""Customer groups (wecom-api.md 3.5)."""

import sqlite3
from typing import Any

from apps.sandbox.acts.groups import EMPLOYEE, OUTSIDER, member_version
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.cursors import cursor_at, place_of
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

PREFIX = "externalcontact/groupchat"
STATUSES = range(4)  # all, owner left, being inherited, inherited


@call("POST", f"{PREFIX}/list", rights=CUSTOMERS)
def list_groups(ask: Ask) -> dict[str, Any]:
    """The limit is required. Groups of owners who left are found only by naming
    the owner; without owners, no more than 1000 people may be in range."""
    corp = ask.corp
    limit, status = ask.number("limit"), ask.number("status_filter") or 0
    if limit is None:
        raise Refusal(40063)
    if not 1 <= limit <= 1000 or status not in STATUSES:
        raise Refusal(40058)
    owners = owners_asked_for(ask)
    of = [f"{PREFIX}/list", status, owners]
    after = place_of(corp, ask.optional_text("cursor"), of=of) or 0
    if not owners:
        refuse_if_too_many(corp)
    found = corp.rows(
        "SELECT group_chat.id, chat_id, group_chat.status, owner"
        " FROM group_chat LEFT JOIN employee ON userid = owner"
        " WHERE dismissed_at IS NULL AND NOT internal AND group_chat.id > ?"
        + (" AND group_chat.status = ?" if status else " AND 0 = ?")
        + (
            f" AND owner IN ({', '.join('?' * len(owners))})"
            if owners
            else " AND resigned_at IS NULL"
        )
        + " ORDER BY group_chat.id",
        after,
        status,
        *owners,
    )
    visible = [row for row in found if corp.in_range(row["owner"])]
    page = visible[:limit]
    return {
        "group_chat_list": [
            {"chat_id": row["chat_id"], "status": row["status"]} for row in page
        ],
        "next_cursor": cursor_at(corp, page[-1]["id"], of=of)
        if len(visible) > limit
        else "",
    }


def owners_asked_for(ask: Ask) -> list[str]:
    """Employees, present or past, by their ids; at most a hundred."""
    filter = ask.body.get("owner_filter") or {}
    if not isinstance(filter, dict):
        raise Refusal(40058)
    owners = filter.get("userid_list") or []
    if not isinstance(owners, list) or not all(isinstance(one, str) for one in owners):
        raise Refusal(40058)
    if len(owners) > 100:
        raise Refusal(40032)
    for owner in owners:
        if not ask.corp.value("SELECT 1 FROM employee WHERE userid = ?", owner):
            raise Refusal(40031)
    return owners


def refuse_if_too_many(corp: Records) -> None:
    found = corp.rows("SELECT userid FROM employee WHERE resigned_at IS NULL")
    people = sum(corp.in_range(row["userid"]) for row in found)
    if people > corp.knobs.group_people_limit:
        raise Refusal(81017)


@call("POST", f"{PREFIX}/get", rights=CUSTOMERS)
def get_group(ask: Ask) -> dict[str, Any]:
    """A group with its members. An unknown one is refused with 40058, which is a
    guess; an unnamed one has an empty name or none, as both are to be expected."""
    corp, chat_id = ask.corp, ask.text("chat_id")
    chat = corp.row("SELECT * FROM group_chat WHERE chat_id = ?", chat_id)
    if chat is None:
        raise Refusal(40058)
    if chat["internal"]:
        raise Refusal(90501)
    if chat["dismissed_at"] is not None:
        raise Refusal(49008)
    if not corp.in_range(chat["owner"]):
        raise Refusal(60011)
    need_name = ask.body.get("need_name") in (1, True, "1")
    return {"group_chat": lagging(corp, chat, need_name)}


def lagging(corp: Records, chat: sqlite3.Row, need_name: bool) -> dict[str, Any]:
    """The group as it is, or for a while after a change as it was last told."""
    lag, key = corp.knobs.group_lag_seconds, (chat["chat_id"], need_name)
    changed_at = corp.chats_changed_at.get(chat["chat_id"], float("-inf"))
    if corp.clock() < changed_at + lag and key in corp.chats_told:
        return corp.chats_told[key]
    told = chat_row(corp, chat, need_name)
    if lag:
        corp.chats_told[key] = told
    return told


def chat_row(corp: Records, chat: sqlite3.Row, need_name: bool) -> dict[str, Any]:
    chat_id = chat["chat_id"]
    members = corp.rows(
        "SELECT group_member.*, person.unionid, person.name AS outside_name,"
        " person.type AS outside_type, employee.name AS inside_name FROM group_member"
        " LEFT JOIN person ON external_userid = member"
        " LEFT JOIN employee ON employee.userid = member"
        " WHERE chat_id = ? ORDER BY join_time, member",
        chat_id,
    )
    answer = {
        "chat_id": chat_id,
        "owner": chat["owner"],
        "create_time": chat["create_time"],
        "member_list": [member_row(corp, row, need_name) for row in members],
        "admin_list": [{"userid": row["member"]} for row in members if row["admin"]],
        "member_version": member_version(chat_id, chat["version"]),
    }
    for name in ("name", "notice"):
        if chat[name] or corp.random.random() < corp.knobs.empty_chat_keys:
            answer[name] = chat[name]
    return answer


def member_row(corp: Records, row: sqlite3.Row, need_name: bool) -> dict[str, Any]:
    member: dict[str, Any] = {
        "userid": row["member"],
        "type": row["type"],
        "join_time": row["join_time"],
        "join_scene": row["join_scene"],
        "group_nickname": row["nickname"],
    }
    if row["invitor"]:
        member["invitor"] = {"userid": row["invitor"]}
    if row["state"]:
        member["state"] = row["state"]
    known_by_union = row["type"] == OUTSIDER and row["outside_type"] == 1
    if known_by_union and row["unionid"] and corp.knobs.unionid_bound:
        member["unionid"] = row["unionid"]
    if need_name:
        inside = row["type"] == EMPLOYEE
        member["name"] = (row["inside_name"] if inside else row["outside_name"]) or ""
    return member

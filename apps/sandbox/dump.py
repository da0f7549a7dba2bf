"""The true state of the corp, as plain lists and dictionaries."""

import json
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from apps.sandbox.acts.groups import member_version
from apps.sandbox.records import Records

Part = list[dict[str, Any]]


def dump(corp: Records, parts: Sequence[str] | None = None) -> dict[str, Any]:
    """All of it, or the named parts. An unknown part raises KeyError."""
    with corp.lock:
        state: dict[str, Any] = {
            "corp_id": corp.credentials.corp_id,
            "at": corp.now(),
        }
        for name in parts if parts is not None else PARTS:
            state[name] = PARTS[name](corp)
        return state


def departments(corp: Records) -> Part:
    leaders = defaultdict(list)
    for row in corp.rows("SELECT * FROM membership WHERE leads ORDER BY userid"):
        leaders[row["department"]].append(row["userid"])
    return [
        {**row, "department_leader": leaders[row["id"]]}
        for row in corp.rows("SELECT * FROM department ORDER BY id")
    ]


def users(corp: Records) -> Part:
    places = defaultdict(list)
    for row in corp.rows("SELECT * FROM membership ORDER BY position"):
        places[row["userid"].lower()].append(row)
    return [
        {
            **row,
            "department": [place["department"] for place in mine],
            "order": [place["order"] for place in mine],
            "is_leader_in_dept": [place["leads"] for place in mine],
            "serves": bool(row["serves"]),
            "console_welcome": bool(row["console_welcome"]),
        }
        for row in corp.rows("SELECT * FROM employee ORDER BY userid")
        for mine in [places[row["userid"].lower()]]
    ]


def customers(corp: Records) -> Part:
    """Every person outside, with all follows that ever began, whatever became."""
    tags, personal = defaultdict(list), defaultdict(list)
    for row in corp.rows("SELECT * FROM tagging"):
        tags[row["follow"]].append(row["tag"])
    for row in corp.rows("SELECT * FROM personal_tag"):
        personal[row["follow"]].append([row["group_name"], row["name"]])
    follows = defaultdict(list)
    for row in corp.rows("SELECT * FROM follow ORDER BY id"):
        follow = {
            **row,
            "remark_mobiles": json.loads(row["remark_mobiles"]),
            "wechat_channels": json.loads(row["wechat_channels"] or "null"),
            "tags": tags[row["id"]],
            "personal_tags": personal[row["id"]],
        }
        del follow["id"], follow["external_userid"]
        follows[row["external_userid"]].append(follow)
    found = []
    for row in corp.rows("SELECT * FROM person ORDER BY id"):
        person = {**row, "follows": follows[row["external_userid"]]}
        del person["id"]
        found.append(person)
    return found


def groups(corp: Records) -> Part:
    members = defaultdict(list)
    for row in corp.rows("SELECT * FROM group_member ORDER BY join_time, member"):
        member = {**row, "admin": bool(row["admin"])}
        del member["chat_id"]
        members[row["chat_id"]].append(member)
    found = []
    for row in corp.rows("SELECT * FROM group_chat ORDER BY id"):
        chat = {
            **row,
            "internal": bool(row["internal"]),
            "member_version": member_version(row["chat_id"], row["version"]),
            "members": members[row["chat_id"]],
        }
        del chat["id"], chat["version"]
        found.append(chat)
    return found


def tag_groups(corp: Records) -> Part:
    tags = defaultdict(list)
    for row in corp.rows("SELECT * FROM tag ORDER BY row"):
        tag = {**row, "deleted": bool(row["deleted"])}
        del tag["row"], tag["group_id"]
        tags[row["group_id"]].append(tag)
    found = []
    for row in corp.rows("SELECT * FROM tag_group ORDER BY row"):
        group = {**row, "deleted": bool(row["deleted"]), "tags": tags[row["id"]]}
        del group["row"]
        found.append(group)
    return found


def transfers(corp: Records) -> Part:
    return [dict(row) for row in corp.rows("SELECT * FROM transfer ORDER BY id")]


def unassigned(corp: Records) -> Part:
    """Customers of leavers whom nobody has taken over."""
    return [dict(row) for row in corp.rows("SELECT * FROM unassigned ORDER BY id")]


def welcomes(corp: Records) -> Part:
    """Every code that was given out and what became of it."""
    return [
        {**row, "message": json.loads(row["message"] or "null")}
        for row in corp.rows("SELECT * FROM welcome ORDER BY issued_at, code")
    ]


def media(corp: Records) -> Part:
    """Files that were uploaded."""
    return [dict(row) for row in corp.rows("SELECT * FROM media ORDER BY created_at")]


def contact_ways(corp: Records) -> Part:
    """The codes, each with whom it holds."""
    return [
        {
            **row,
            "users": json.loads(row["users"]),
            "parties": json.loads(row["parties"]),
        }
        for row in corp.rows("SELECT * FROM contact_way ORDER BY row")
    ]


def links(corp: Records) -> Part:
    """Acquisition links, each with its range and whom it brought."""
    customers = defaultdict(list)
    for row in corp.rows("SELECT * FROM acquisition_customer ORDER BY row"):
        customers[row["link_id"]].append(dict(row))
    return [
        {
            **row,
            "users": json.loads(row["users"]),
            "parties": json.loads(row["parties"]),
            "customers": customers[row["link_id"]],
        }
        for row in corp.rows("SELECT * FROM acquisition_link ORDER BY row")
    ]


def join_ways(corp: Records) -> Part:
    """The codes of groups, each with the groups behind it."""
    return [
        {**row, "chats": json.loads(row["chats"])}
        for row in corp.rows("SELECT * FROM join_way ORDER BY row")
    ]


def messages(corp: Records) -> Part:
    """What the app said to employees."""
    return [
        {**row, "users": json.loads(row["users"])}
        for row in corp.rows("SELECT * FROM message ORDER BY row")
    ]


PARTS: dict[str, Callable[[Records], Part]] = {
    "departments": departments,
    "users": users,
    "customers": customers,
    "groups": groups,
    "tag_groups": tag_groups,
    "transfers": transfers,
    "unassigned": unassigned,
    "welcomes": welcomes,
    "contact_ways": contact_ways,
    "links": links,
    "join_ways": join_ways,
    "messages": messages,
    "media": media,
}

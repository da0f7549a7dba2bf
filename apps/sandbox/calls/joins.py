"""Join ways, the codes by which customers join groups (wecom-api.md 3.5).

There is no call that lists them. A change overwrites every field.
"""

import json
import sqlite3
from typing import Any

from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

PREFIX = "externalcontact/groupchat"
BUTTON, QR_CODE = 1, 2
MOST_GROUPS = 5
LONGEST, LONGEST_BASE = 30, 40


@call("POST", f"{PREFIX}/add_join_way", rights=CUSTOMERS)
def add_join_way(ask: Ask) -> dict[str, Any]:
    """Only the id is answered; the picture is fetched by reading it."""
    corp = ask.corp
    columns = columns_of(ask)
    with corp.changing():
        made = corp.value("SELECT count(*) FROM contact_way")
        made += corp.value("SELECT count(*) FROM join_way")
        if made >= corp.knobs.contact_way_quota:
            raise Refusal(41045)
        config_id = corp.identifier("", 32)
        columns |= {
            "config_id": config_id,
            "qr_code": f"{corp.pictures}/{corp.identifier('', 24)}/0",
            "created_at": corp.now(),
        }
        corp.run(
            f"INSERT INTO join_way ({', '.join(columns)})"
            f" VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )
    return {"config_id": config_id}


@call("POST", f"{PREFIX}/get_join_way", rights=CUSTOMERS)
def get_join_way(ask: Ask) -> dict[str, Any]:
    way = way_asked_for(ask)
    return {
        "join_way": {
            "config_id": way["config_id"],
            "scene": way["scene"],
            "remark": way["remark"],
            "auto_create_room": way["auto_create_room"],
            "room_base_name": way["room_base_name"],
            "room_base_id": way["room_base_id"],
            "chat_id_list": json.loads(way["chats"]),
            "qr_code": way["qr_code"],
            "state": way["state"],
            "mark_source": bool(way["mark_source"]),
        }
    }


@call(
    "POST",
    f"{PREFIX}/update_join_way",
    rights=CUSTOMERS,
    alone=lambda ask: ask.body.get("config_id"),
)
def update_join_way(ask: Ask) -> dict[str, Any]:
    with ask.corp.changing():
        way = way_asked_for(ask)
        columns = columns_of(ask)
        ask.corp.run(
            f"UPDATE join_way SET {', '.join(f'{c} = ?' for c in columns)}"
            " WHERE config_id = ?",
            *columns.values(),
            way["config_id"],
        )
    return {}


@call("POST", f"{PREFIX}/del_join_way", rights=CUSTOMERS)
def del_join_way(ask: Ask) -> dict[str, Any]:
    with ask.corp.changing():
        way = way_asked_for(ask)
        ask.corp.run("DELETE FROM join_way WHERE config_id = ?", way["config_id"])
    return {}


def way_asked_for(ask: Ask) -> sqlite3.Row:
    config_id = ask.text("config_id", 41043)
    found = ask.corp.row("SELECT * FROM join_way WHERE config_id = ?", config_id)
    if found is None:
        raise Refusal(41044)
    return found


def columns_of(ask: Ask) -> dict[str, Any]:
    """A remark that is too long is cut; a state or a name is refused."""
    scene, automatic = ask.number("scene"), ask.number("auto_create_room", 1)
    if scene not in (BUTTON, QR_CODE) or automatic not in (0, 1):
        raise Refusal(41040 if scene is not None else 41038)
    chats = ask.texts("chat_id_list")
    if not chats:
        raise Refusal(40063)
    if len(chats) > MOST_GROUPS:
        raise Refusal(41091)
    for chat_id in chats:
        refuse_chat(ask.corp, chat_id)
    state = ask.optional_text("state") or ""
    base = ask.optional_text("room_base_name") or ""
    if len(state) > LONGEST or len(base) > LONGEST_BASE:
        raise Refusal(40058)
    return {
        "scene": scene,
        "remark": (ask.optional_text("remark") or "")[:LONGEST],
        "auto_create_room": automatic,
        "room_base_name": base,
        "room_base_id": ask.number("room_base_id", 1),
        "chats": json.dumps(list(dict.fromkeys(chats))),
        "state": state,
        "mark_source": int(ask.body.get("mark_source") is not False),
    }


def refuse_chat(corp: Records, chat_id: str) -> None:
    chat = corp.row("SELECT * FROM group_chat WHERE chat_id = ?", chat_id)
    if chat is None:
        raise Refusal(40058)
    if chat["internal"]:
        raise Refusal(90501)
    if chat["dismissed_at"] is not None:
        raise Refusal(49008)
    if not corp.in_range(chat["owner"]):
        raise Refusal(60011)

"""Contact ways, the codes by which customers add employees (wecom-api.md 3.4).

Each is reached by its `config_id` alone. In a change a field that is given takes the
place of the old; type and scene stay as they were made.
"""

import json
import sqlite3
from typing import Any

from apps.sandbox.acts.ways import people_of
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.calls.visible import serving
from apps.sandbox.cursors import cursor_at, place_of
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

PREFIX = "externalcontact"
SINGLE, SEVERAL = 1, 2
BUTTON, QR_CODE = 1, 2
STYLES = {SINGLE: range(1, 4), SEVERAL: range(1, 3)}
MOST_PEOPLE = 100
LONGEST = 30
FIRST_LISTED = 1_625_875_200  # ways made before 2021-07-10 are never listed
NINETY_DAYS = 90 * 86_400


@call("POST", f"{PREFIX}/add_contact_way", rights=CUSTOMERS)
def add_contact_way(ask: Ask) -> dict[str, Any]:
    kind, scene = ask.number("type"), ask.number("scene")
    if kind not in STYLES:
        raise Refusal(41037 if kind is None else 41039)
    if scene not in (BUTTON, QR_CODE):
        raise Refusal(41038 if scene is None else 41040)
    style = ask.number("style", 1)
    if scene == BUTTON and style not in STYLES[kind]:
        raise Refusal(41042)
    if ask.body.get("is_temp"):  # only for corps of the medical trade
        raise Refusal(48002)
    columns = {
        "type": kind,
        "scene": scene,
        "style": style if scene == BUTTON else None,
        "remark": short(ask, "remark") or "",
        "state": short(ask, "state") or "",
        "skip_verify": int(flag(ask, "skip_verify", default=True)),
        "is_exclusive": int(flag(ask, "is_exclusive", default=False)),
        "mark_source": int(flag(ask, "mark_source", default=True)),
        "users": json.dumps(people(ask, kind, "user")),
        "parties": json.dumps(parties(ask)),
    }
    corp = ask.corp
    with corp.changing():
        refuse_people(corp, kind, columns)
        made = corp.value("SELECT count(*) FROM contact_way")
        made += corp.value("SELECT count(*) FROM join_way")
        if made >= corp.knobs.contact_way_quota:
            raise Refusal(41045)
        config_id = corp.identifier("", 32)
        columns |= {
            "config_id": config_id,
            "qr_code": f"{corp.pictures}/{corp.identifier('', 24)}/0"
            if scene == QR_CODE
            else "",
            "created_at": corp.now(),
        }
        corp.run(
            f"INSERT INTO contact_way ({', '.join(columns)})"
            f" VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )
    told = {"config_id": config_id}
    return told | ({"qr_code": columns["qr_code"]} if scene == QR_CODE else {})


@call("POST", f"{PREFIX}/get_contact_way", rights=CUSTOMERS)
def get_contact_way(ask: Ask) -> dict[str, Any]:
    return {"contact_way": way_row(way_asked_for(ask))}


@call("POST", f"{PREFIX}/list_contact_way", rights=CUSTOMERS)
def list_contact_way(ask: Ask) -> dict[str, Any]:
    """Only ids, of ways that were made in a span of time: 90 days, unless told."""
    corp = ask.corp
    until = ask.number("end_time") or corp.now()
    since = ask.number("start_time") or until - NINETY_DAYS
    if since > until:
        raise Refusal(40058)
    limit = ask.number("limit") or 100
    if not 1 <= limit <= 1000:
        raise Refusal(40058)
    span = [ask.number("start_time"), ask.number("end_time")]
    of = [f"{PREFIX}/list_contact_way", *span]  # as asked: time goes on between pages
    after = place_of(corp, ask.optional_text("cursor"), of=of) or 0
    found = corp.rows(
        "SELECT row, config_id FROM contact_way WHERE created_at BETWEEN ? AND ?"
        " AND created_at >= ? AND row > ? ORDER BY row LIMIT ?",
        since,
        until,
        FIRST_LISTED,
        after,
        limit + 1,
    )
    page = found[:limit]
    return {
        "contact_way": [{"config_id": way["config_id"]} for way in page],
        "next_cursor": cursor_at(corp, page[-1]["row"], of=of)
        if len(found) > limit
        else "",
    }


@call(
    "POST",
    f"{PREFIX}/update_contact_way",
    rights=CUSTOMERS,
    alone=lambda ask: ask.body.get("config_id"),
)
def update_contact_way(ask: Ask) -> dict[str, Any]:
    """`user` and `party` each as a whole; what is left out stays."""
    corp = ask.corp
    with corp.changing():
        way = way_asked_for(ask)
        columns: dict[str, Any] = {}
        for name in ("remark", "state"):
            if (value := short(ask, name)) is not None:
                columns[name] = value
        for name in ("skip_verify", "mark_source"):
            if name in ask.body:
                columns[name] = int(flag(ask, name, default=True))
        if (style := ask.number("style")) is not None and way["scene"] == BUTTON:
            if style not in STYLES[way["type"]]:
                raise Refusal(41042)
            columns["style"] = style
        if "user" in ask.body:
            columns["users"] = json.dumps(people(ask, way["type"], "user"))
        if "party" in ask.body:
            columns["parties"] = json.dumps(parties(ask))
        refuse_people(corp, way["type"], {**way} | columns)
        if columns:
            corp.run(
                f"UPDATE contact_way SET {', '.join(f'{c} = ?' for c in columns)}"
                " WHERE config_id = ?",
                *columns.values(),
                way["config_id"],
            )
    return {}


@call("POST", f"{PREFIX}/del_contact_way", rights=CUSTOMERS)
def del_contact_way(ask: Ask) -> dict[str, Any]:
    with ask.corp.changing():
        way = way_asked_for(ask)
        ask.corp.run("DELETE FROM contact_way WHERE config_id = ?", way["config_id"])
    return {}


def way_asked_for(ask: Ask) -> sqlite3.Row:
    config_id = ask.text("config_id", 41043)
    found = ask.corp.row("SELECT * FROM contact_way WHERE config_id = ?", config_id)
    if found is None:
        raise Refusal(41044)
    return found


def way_row(way: sqlite3.Row) -> dict[str, Any]:
    row = {
        "config_id": way["config_id"],
        "type": way["type"],
        "scene": way["scene"],
        "remark": way["remark"],
        "skip_verify": bool(way["skip_verify"]),
        "state": way["state"],
        "user": json.loads(way["users"]),
        "party": json.loads(way["parties"]),
        "is_temp": False,
        "mark_source": bool(way["mark_source"]),
    }
    if way["scene"] == BUTTON:
        return row | {"style": way["style"]}
    return row | {"qr_code": way["qr_code"]}


def short(ask: Ask, name: str) -> str | None:
    value = ask.optional_text(name)
    if value is not None and len(value) > LONGEST:
        raise Refusal(40058)
    return value


def flag(ask: Ask, name: str, *, default: bool) -> bool:
    value = ask.body.get(name, default)
    if not isinstance(value, bool):
        raise Refusal(40058)
    return value


def people(ask: Ask, kind: int, name: str) -> list[str]:
    """As the corp spells them; each must be able to have customers."""
    named = ask.texts(name)
    if kind == SINGLE and len(named) != 1:
        raise Refusal(41041)
    found = []
    for userid in dict.fromkeys(named):
        who = serving(ask.corp, userid)
        if who["status"] != 1:
            raise Refusal(41054)
        found.append(who["userid"])
    return found


def parties(ask: Ask) -> list[int]:
    told = ask.body.get("party") or []
    if not isinstance(told, list) or not all(type(one) is int for one in told):
        raise Refusal(40058)
    for one in told:
        if not ask.corp.value("SELECT 1 FROM department WHERE id = ?", one):
            raise Refusal(60003)
    return told


def refuse_people(corp: Records, kind: int, columns: dict[str, Any]) -> None:
    """Nobody at all, or more than a hundred once departments are opened up."""
    users, parties = json.loads(columns["users"]), json.loads(columns["parties"])
    if kind == SEVERAL and not users and not parties:
        raise Refusal(40058)
    if len(people_of(corp, users, parties)) > MOST_PEOPLE:
        raise Refusal(41041)

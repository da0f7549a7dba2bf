"""Customers and their follows (wecom-api.md 3.1)."""

import json
import sqlite3
from collections import defaultdict
from typing import Any

from apps.sandbox.acts.contacts import update_follow
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.calls.visible import listed_follow, serving
from apps.sandbox.cursors import cursor_at, place_of
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

FOLLOWERS_A_PAGE = 500
PREFIX = "externalcontact"
CORP_TAG, PERSONAL_TAG, STRATEGY_TAG = 1, 2, 3


@call("GET", f"{PREFIX}/get_follow_user_list", rights=CUSTOMERS)
def get_follow_user_list(ask: Ask) -> dict[str, Any]:
    found = ask.corp.rows(
        "SELECT userid FROM employee WHERE serves AND resigned_at IS NULL"
        " ORDER BY userid"
    )
    visible = [row["userid"] for row in found if ask.corp.in_range(row["userid"])]
    return {"follow_user": visible}


@call("GET", f"{PREFIX}/list", rights=CUSTOMERS, beside_errors={"external_userid": []})
def list_contacts(ask: Ask) -> dict[str, Any]:
    """All customers of one employee; 84061 when there are none."""
    who = serving(ask.corp, ask.of_query("userid", 41009))
    found = ask.corp.rows(
        "SELECT external_userid FROM follow WHERE userid = ?"
        " AND relation IN ('mutual', 'left') ORDER BY id",
        who["userid"],
    )
    if not found:
        raise Refusal(84061)
    return {"external_userid": [row["external_userid"] for row in found]}


@call("GET", f"{PREFIX}/get", rights=CUSTOMERS, beside_errors={"follow_user": []})
def get_contact(ask: Ask) -> dict[str, Any]:
    corp = ask.corp
    external_userid = ask.of_query("external_userid", 41035)
    person = corp.row("SELECT * FROM person WHERE external_userid = ?", external_userid)
    if person is None:
        raise Refusal(40096)
    of = [f"{PREFIX}/get", external_userid]
    after = place_of(corp, ask.query.get("cursor"), of=of) or 0
    found = corp.rows(
        "SELECT follow.* FROM follow JOIN employee USING (userid)"
        " WHERE external_userid = ? AND relation IN ('mutual', 'left')"
        " AND resigned_at IS NULL AND serves AND follow.id > ? ORDER BY follow.id",
        external_userid,
        after,
    )
    visible = [row for row in found if corp.in_range(row["userid"])]
    if not visible:
        raise Refusal(84061)
    page = visible[:FOLLOWERS_A_PAGE]
    return {
        "external_contact": contact_row(corp, person),
        "follow_user": [
            follow_row(row, person) | {"tags": tags_in_full(corp, row["id"])}
            for row in page
        ],
        "next_cursor": cursor_at(corp, page[-1]["id"], of=of)
        if len(visible) > len(page)
        else "",
    }


def contact_row(corp: Records, person: sqlite3.Row) -> dict[str, Any]:
    """The gender is a whole number here; union ids only for WeChat users, and only
    if the corp has bound a developer account; corp fields only for others."""
    contact = {
        "external_userid": person["external_userid"],
        "name": person["name"],
        "avatar": person["avatar"],
        "type": person["type"],
        "gender": person["gender"],
    }
    if person["type"] == 1:
        if person["unionid"] and corp.knobs.unionid_bound:
            contact["unionid"] = person["unionid"]
        return contact
    if person["position"]:
        contact["position"] = person["position"]
    return contact | {
        "corp_name": person["corp_name"],
        "corp_full_name": person["corp_full_name"],
        "external_profile": {"external_attr": []},
    }


def follow_row(row: sqlite3.Row, person: sqlite3.Row) -> dict[str, Any]:
    """What `get` and `batch/get_by_user` say alike of a follow, without the tags."""
    follow = {
        "userid": row["userid"],
        "remark": row["remark"],
        "description": row["description"],
        "createtime": row["createtime"],
        "oper_userid": row["oper_userid"],
        "add_way": row["add_way"],
    }
    mobiles = json.loads(row["remark_mobiles"])
    if mobiles:
        follow["remark_mobiles"] = mobiles
    if row["remark_corp_name"] and person["type"] == 1:
        follow["remark_corp_name"] = row["remark_corp_name"]
    if row["state"]:
        follow["state"] = row["state"]
    if row["wechat_channels"] and row["add_way"] == 10:
        follow["wechat_channels"] = json.loads(row["wechat_channels"])
    return follow


def tags_in_full(corp: Records, follow_id: int) -> list[dict[str, Any]]:
    """Corp, strategy and personal tags; personal ones have no id."""
    found = corp.rows(
        "SELECT tag.id, tag.name, tag_group.name AS group_name, strategy_id"
        " FROM tagging JOIN tag ON tag.id = tagging.tag"
        " JOIN tag_group ON tag_group.id = tag.group_id WHERE follow = ?"
        " ORDER BY tag.row",
        follow_id,
    )
    tags = [
        {
            "group_name": row["group_name"],
            "tag_name": row["name"],
            "tag_id": row["id"],
            "type": CORP_TAG if row["strategy_id"] is None else STRATEGY_TAG,
        }
        for row in found
    ]
    personal = corp.rows("SELECT * FROM personal_tag WHERE follow = ?", follow_id)
    tags += [
        {
            "group_name": row["group_name"],
            "tag_name": row["name"],
            "type": PERSONAL_TAG,
        }
        for row in personal
    ]
    return tags


@call(
    "POST",
    f"{PREFIX}/batch/get_by_user",
    rights=CUSTOMERS,
    beside_errors={"external_contact_list": []},
)
def get_by_user(ask: Ask) -> dict[str, Any]:
    """One element for each pair of employee and customer. A limit above 100 is cut
    to 100; a page may be shorter than the limit and yet not the last."""
    corp = ask.corp
    named = ask.texts("userid_list")
    if not named:
        raise Refusal(40063)
    if len(named) > 100:
        raise Refusal(40032)
    limit = ask.number("limit") or 50
    limit = min(limit if limit > 0 else 50, 100)
    of = [f"{PREFIX}/batch/get_by_user", named]
    place = place_of(corp, ask.optional_text("cursor"), of=of) or [0, 0]
    userids = visible_employees(corp, named)
    found = follows_after(corp, userids, place, limit + 1)
    if not found and place == [0, 0] and len(named) == 1:
        raise Refusal(84061)
    if corp.random.random() < corp.knobs.short_pages:
        limit = corp.random.randrange(limit)
    page = found[:limit]
    more = len(found) > limit
    end = [page[-1][0], page[-1][1]["follow_id"]] if page else place
    return {
        "external_contact_list": pairs(corp, [row for _, row in page]),
        "next_cursor": cursor_at(corp, end, of=of) if more else "",
    }


def visible_employees(corp: Records, named: list[str]) -> dict[int, str]:
    """By their places in the question. Those out of range, or without customers of
    their own right, are left out, unless nobody else was asked for."""
    found: dict[int, str] = {}
    refused: Refusal | None = None
    for number, userid in enumerate(named):
        try:
            found[number] = serving(corp, userid)["userid"]
        except Refusal as refusal:
            if refusal.errcode == 60111 and corp.in_range(userid):
                raise
            refused = refused or refusal
    if not found and refused is not None:
        raise refused
    return found


def follows_after(
    corp: Records, userids: dict[int, str], place: list[int], limit: int
) -> list[tuple[int, sqlite3.Row]]:
    """Up to `limit` follows behind the place (which employee, which follow)."""
    found: list[tuple[int, sqlite3.Row]] = []
    first, last = place
    for number, userid in userids.items():
        if number < first:
            continue
        rows = corp.rows(
            "SELECT follow.*, follow.id AS follow_id, person.*"
            " FROM follow JOIN person USING (external_userid)"
            " WHERE follow.userid = ? AND relation IN ('mutual', 'left')"
            " AND follow.id > ? ORDER BY follow.id LIMIT ?",
            userid,
            last if number == first else 0,
            limit - len(found),
        )
        found += [(number, row) for row in rows]
        if len(found) == limit:
            break
    return found


def pairs(corp: Records, rows: list[sqlite3.Row]) -> list[dict[str, Any]]:
    """Tags come as ids only; personal tags, having none, not at all."""
    tags = defaultdict(list)
    marks = ", ".join("?" * len(rows))
    for row in corp.rows(
        f"SELECT follow, tag FROM tagging WHERE follow IN ({marks})",
        *[row["follow_id"] for row in rows],
    ):
        tags[row["follow"]].append(row["tag"])
    return [
        {
            "external_contact": contact_row(corp, row),
            "follow_info": follow_row(row, row) | {"tag_id": tags[row["follow_id"]]},
        }
        for row in rows
    ]


LENGTHS = {"remark": 20, "description": 150, "remark_company": 20}
COLUMNS = {
    "remark": "remark",
    "description": "description",
    "remark_company": "remark_corp_name",
}


@call("POST", f"{PREFIX}/remark", rights=CUSTOMERS)
def remark(ask: Ask) -> dict[str, Any]:
    """Fields left out stay; the phones are replaced, [""] empties them. What is
    written as remark_company is read as remark_corp_name."""
    userid, whom = ask.text("userid", 41009), ask.text("external_userid", 41035)
    changes: dict[str, Any] = {}
    for name, longest in LENGTHS.items():
        value = ask.optional_text(name)
        if value is not None:
            if len(value) > longest:
                raise Refusal(40058)
            changes[COLUMNS[name]] = value
    if "remark_mobiles" in ask.body:
        mobiles = [mobile for mobile in ask.texts("remark_mobiles") if mobile]
        changes["remark_mobiles"] = json.dumps(mobiles)
    if not changes and not ask.optional_text("remark_pic_mediaid"):
        raise Refusal(40063)
    with ask.corp.changing():
        follow = listed_follow(ask.corp, userid, whom)
        if changes:
            update_follow(ask.corp, follow["id"], **changes)
    return {}

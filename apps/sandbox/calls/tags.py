"""Corp tags, strategy tags, and marking a customer (wecom-api.md 3.3).

Groups and tags share one space of ids. An app may change only what it made itself;
a foreign tag is refused with 81011. Whatever an app changes makes no callback.
"""

import sqlite3
from collections import defaultdict
from typing import Any

from apps.sandbox.acts.contacts import set_tags
from apps.sandbox.acts.tags import (
    BY_THE_APP,
    make_group,
    make_tag,
    remove_group,
    remove_group_if_empty,
    remove_tag,
)
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.calls.visible import listed_follow
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

PREFIX = "externalcontact"
LONGEST_NAME = 30
LARGEST_ORDER = 2**32 - 1


@call("POST", f"{PREFIX}/get_corp_tag_list", rights=CUSTOMERS)
def get_corp_tag_list(ask: Ask) -> dict[str, Any]:
    return {"tag_group": tag_groups(ask, strategy=False)}


@call("POST", f"{PREFIX}/get_strategy_tag_list", rights=CUSTOMERS)
def get_strategy_tag_list(ask: Ask) -> dict[str, Any]:
    wanted = ask.number("strategy_id")
    groups = tag_groups(ask, strategy=True)
    return {
        "tag_group": [
            group for group in groups if wanted in (None, 0, group["strategy_id"])
        ]
    }


def tag_groups(ask: Ask, *, strategy: bool) -> list[dict[str, Any]]:
    """Everything, or what was asked for by group ids, else by tag ids.

    `deleted` appears only when asked by id: at a group when asked by tag ids, at a
    tag when asked by either. What is deleted is found only by its id.
    """
    by_group = ask.texts("group_id")
    by_tag = [] if by_group else ask.texts("tag_id")
    groups = ask.corp.rows(
        f"SELECT * FROM tag_group WHERE strategy_id IS {'NOT' if strategy else ''} NULL"
        ' ORDER BY "order" DESC, row'
    )
    tags = defaultdict(list)
    for tag in ask.corp.rows('SELECT * FROM tag ORDER BY "order" DESC, row'):
        tags[tag["group_id"]].append(tag)
    known = {group["id"] for group in groups}
    if by_tag:
        known = {tag["id"] for group in known for tag in tags[group]}
    if not known.issuperset(by_group or by_tag):
        raise Refusal(40068)
    found = []
    for group in groups:
        mine = tags[group["id"]]
        if by_group and group["id"] not in by_group:
            continue
        if by_tag:
            mine = [tag for tag in mine if tag["id"] in by_tag]
            if not mine:
                continue
        if not by_group and not by_tag:
            mine = [tag for tag in mine if not tag["deleted"]]
            if group["deleted"]:
                continue
        by_id = bool(by_group or by_tag)
        found.append(
            group_row(group, show_deleted=bool(by_tag))
            | {"tag": [tag_row(tag, show_deleted=by_id) for tag in mine]}
        )
    return found


def group_row(group: sqlite3.Row, *, show_deleted: bool) -> dict[str, Any]:
    row = {
        "group_id": group["id"],
        "group_name": group["name"],
        "create_time": group["create_time"],
        "order": group["order"],
    }
    if group["strategy_id"] is not None:
        row["strategy_id"] = group["strategy_id"]
    return row | ({"deleted": bool(group["deleted"])} if show_deleted else {})


def tag_row(tag: sqlite3.Row, *, show_deleted: bool) -> dict[str, Any]:
    row = {
        "id": tag["id"],
        "name": tag["name"],
        "create_time": tag["create_time"],
        "order": tag["order"],
    }
    return row | ({"deleted": bool(tag["deleted"])} if show_deleted else {})


@call("POST", f"{PREFIX}/add_corp_tag", rights=CUSTOMERS)
def add_corp_tag(ask: Ask) -> dict[str, Any]:
    """Into the group of that id, or of that name, or into a new group. The answer
    holds only the tags that this call made."""
    wanted = new_tags(ask)
    with ask.corp.changing():
        group = group_to_fill(ask)
        quota = ask.corp.value("SELECT count(*) FROM tag WHERE NOT deleted")
        if quota + len(wanted) > ask.corp.knobs.tag_quota:
            raise Refusal(40126)
        made = []
        for name, order in wanted.items():
            refuse_double_tag(ask.corp, group, name)
            made.append(
                make_tag(
                    ask.corp,
                    at=ask.corp.now(),
                    group_id=group,
                    name=name,
                    order=order,
                    made_by=BY_THE_APP,
                )
            )
        row = ask.corp.row("SELECT * FROM tag_group WHERE id = ?", group)
        assert row is not None
        tags = [ask.corp.row("SELECT * FROM tag WHERE id = ?", tag) for tag in made]
    return {
        "tag_group": group_row(row, show_deleted=False)
        | {"tag": [tag_row(tag, show_deleted=False) for tag in tags if tag]}
    }


def new_tags(ask: Ask) -> dict[str, int]:
    """Names and orders; a name that is given twice is made once."""
    given = ask.body.get("tag")
    if not isinstance(given, list) or not given:
        raise Refusal(40063)
    wanted: dict[str, int] = {}
    for one in given:
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise Refusal(40058)
        wanted.setdefault(good_name(one["name"]), good_order(one.get("order", 0)))
    return wanted


def good_name(name: str) -> str:
    if not 1 <= len(name) <= LONGEST_NAME:
        raise Refusal(40072)
    return name


def good_order(order: Any) -> int:
    if type(order) is not int or not 0 <= order <= LARGEST_ORDER:
        raise Refusal(40058)
    return order


def group_to_fill(ask: Ask) -> str:
    group_id = ask.optional_text("group_id")
    if group_id:
        known = ask.corp.value(
            "SELECT id FROM tag_group WHERE id = ? AND NOT deleted"
            " AND strategy_id IS NULL",
            group_id,
        )
        if not known:
            raise Refusal(40068)
        return known
    name = good_name(ask.text("group_name"))
    known = ask.corp.value(
        "SELECT id FROM tag_group WHERE name = ? AND NOT deleted"
        " AND strategy_id IS NULL",
        name,
    )
    return known or make_group(
        ask.corp,
        at=ask.corp.now(),
        name=name,
        order=good_order(ask.body.get("order", 0)),
        made_by=BY_THE_APP,
    )


def refuse_double_tag(corp: Records, group: str, name: str, but: str = "") -> None:
    if corp.value(
        "SELECT 1 FROM tag WHERE group_id = ? AND name = ? AND id != ? AND NOT deleted",
        group,
        name,
        but,
    ):
        raise Refusal(40071)


@call("POST", f"{PREFIX}/edit_corp_tag", rights=CUSTOMERS)
def edit_corp_tag(ask: Ask) -> dict[str, Any]:
    """A tag or a group gets another name or order."""
    id, name = ask.text("id", 40068), ask.optional_text("name")
    with ask.corp.changing():
        table, row = own(ask.corp, id)
        if name is not None:
            good_name(name)
            if table == "tag":
                refuse_double_tag(ask.corp, row["group_id"], name, but=id)
            elif ask.corp.value(
                "SELECT 1 FROM tag_group WHERE name = ? AND id != ? AND NOT deleted",
                name,
                id,
            ):
                raise Refusal(40071)
            ask.corp.run(f"UPDATE {table} SET name = ? WHERE id = ?", name, id)
        if "order" in ask.body:
            order = good_order(ask.body["order"])
            ask.corp.run(f'UPDATE {table} SET "order" = ? WHERE id = ?', order, id)
    return {}


def own(corp: Records, id: str) -> tuple[str, sqlite3.Row]:
    """The tag or group of that id, if the app made it."""
    for table in ("tag", "tag_group"):
        row = corp.row(f"SELECT * FROM {table} WHERE id = ? AND NOT deleted", id)
        if row is not None:
            if row["made_by"] != BY_THE_APP:
                raise Refusal(81011)
            return table, row
    raise Refusal(40068)


@call("POST", f"{PREFIX}/del_corp_tag", rights=CUSTOMERS)
def del_corp_tag(ask: Ask) -> dict[str, Any]:
    """Tags and groups go, all or none; a group goes with its last tag."""
    tags, groups = ask.texts("tag_id"), ask.texts("group_id")
    if not tags and not groups:
        raise Refusal(40063)
    with ask.corp.changing():
        for id in dict.fromkeys(tags):
            table, row = own(ask.corp, id)
            if table != "tag":
                raise Refusal(40068)
            remove_tag(ask.corp, id)
            remove_group_if_empty(ask.corp, row["group_id"])
        for id in dict.fromkeys(groups):
            if own(ask.corp, id)[0] != "tag_group":
                raise Refusal(40068)
            remove_group(ask.corp, id)
    return {}


def pair_to_mark(ask: Ask) -> tuple[str, str]:
    return str(ask.body.get("userid")).lower(), str(ask.body.get("external_userid"))


@call("POST", f"{PREFIX}/mark_tag", rights=CUSTOMERS, alone=pair_to_mark)
def mark_tag(ask: Ask) -> dict[str, Any]:
    """Tags on one customer of one employee; two calls for one pair may not meet."""
    userid, whom = ask.text("userid", 41009), ask.text("external_userid", 41035)
    add, remove = ask.texts("add_tag"), ask.texts("remove_tag")
    if not add and not remove:
        raise Refusal(40063)
    with ask.corp.changing():
        follow = listed_follow(ask.corp, userid, whom)
        for tag in add + remove:
            if not ask.corp.value(
                "SELECT 1 FROM tag WHERE id = ? AND NOT deleted", tag
            ):
                raise Refusal(40068)
        set_tags(ask.corp, follow["id"], add=add, remove=remove)
        carried = ask.corp.value(
            "SELECT count(*) FROM tagging WHERE follow = ?", follow["id"]
        )
        if carried > ask.corp.knobs.tags_per_follow:
            raise Refusal(40144)
    return {}

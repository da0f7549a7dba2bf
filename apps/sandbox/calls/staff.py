"""Departments and employees (wecom-api.md 2)."""

import re
import sqlite3
from typing import Any

from apps.sandbox.acts.departments import descendants
from apps.sandbox.calls.registry import ADDRESS_BOOK, Ask, call
from apps.sandbox.calls.visible import employee
from apps.sandbox.cursors import cursor_at, place_of
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

USERID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_\-@.]{0,63}", re.ASCII)
NOTHING_OF_USER: dict[str, Any] = {
    "department": [],
    "order": [],
    "is_leader_in_dept": [],
}
CALLBACK_ADDRESSES = ["127.0.0.1/32", "::1/128"]


@call("GET", "department/list", rights=ADDRESS_BOOK)
def department_list(ask: Ask) -> dict[str, Any]:
    return {
        "department": [department_row(ask.corp, row) for row in departments(ask)],
    }


@call("GET", "department/simplelist", rights=ADDRESS_BOOK, contacts_secret="yes")
def department_simplelist(ask: Ask) -> dict[str, Any]:
    return {
        "department_id": [
            {"id": row["id"], "parentid": row["parentid"], "order": row["order"]}
            for row in departments(ask)
        ]
    }


@call("GET", "department/get", rights=ADDRESS_BOOK)
def department_get(ask: Ask) -> dict[str, Any]:
    found = ask.corp.row(
        "SELECT * FROM department WHERE id = ?", department_id(ask, "id")
    )
    if found is None:
        raise Refusal(60003)
    return {"department": department_row(ask.corp, found)}


def departments(ask: Ask) -> list[sqlite3.Row]:
    """All, or the one asked for with everything below it; larger orders first."""
    wanted = (
        descendants(ask.corp, department_id(ask, "id"))
        if ask.query.get("id")
        else descendants(ask.corp, 1)
    )
    if not wanted:
        raise Refusal(60003)
    found = ask.corp.rows('SELECT * FROM department ORDER BY parentid, "order" DESC')
    return [row for row in found if row["id"] in set(wanted)]


def department_id(ask: Ask, name: str) -> int:
    value = ask.of_query(name, 41019)
    if not re.fullmatch(r"[0-9]{1,10}", value, re.ASCII):
        raise Refusal(40058)
    return int(value)


def department_row(corp: Records, row: sqlite3.Row) -> dict[str, Any]:
    leaders = corp.rows(
        "SELECT userid FROM membership WHERE department = ? AND leads", row["id"]
    )
    return {
        "id": row["id"],
        "name": row["name"],
        "name_en": row["name_en"],
        "department_leader": [leader["userid"] for leader in leaders],
        "parentid": row["parentid"],
        "order": row["order"],
    }


@call("GET", "user/get", rights=ADDRESS_BOOK, beside_errors=NOTHING_OF_USER)
def user_get(ask: Ask) -> dict[str, Any]:
    userid = ask.of_query("userid", 41009)
    if not USERID.fullmatch(userid):
        raise Refusal(40003)
    return user_row(ask.corp, employee(ask.corp, userid))


@call("GET", "user/simplelist", rights=ADDRESS_BOOK)
def user_simplelist(ask: Ask) -> dict[str, Any]:
    return {
        "userlist": [
            {
                "userid": row["userid"],
                "name": row["name"],
                "department": [place["department"] for place in places(ask.corp, row)],
            }
            for row in members(ask)
        ]
    }


@call("GET", "user/list", rights=ADDRESS_BOOK)
def user_list(ask: Ask) -> dict[str, Any]:
    return {
        "userlist": [
            user_row(ask.corp, row) | {"english_name": ""} for row in members(ask)
        ]
    }


def members(ask: Ask) -> list[sqlite3.Row]:
    """Who is in the department itself; those out of range are left out silently."""
    department = department_id(ask, "department_id")
    if not ask.corp.value("SELECT 1 FROM department WHERE id = ?", department):
        raise Refusal(60003)
    found = ask.corp.rows(
        "SELECT employee.* FROM employee JOIN membership USING (userid)"
        " WHERE department = ? AND resigned_at IS NULL ORDER BY userid",
        department,
    )
    return [row for row in found if ask.corp.in_range(row["userid"])]


def places(corp: Records, row: sqlite3.Row) -> list[sqlite3.Row]:
    return corp.rows(
        "SELECT * FROM membership WHERE userid = ? ORDER BY position", row["userid"]
    )


def user_row(corp: Records, row: sqlite3.Row) -> dict[str, Any]:
    """A flat object. Apps made since 2022-06-20 do not see personal fields, and
    where they are seen, the gender is a string."""
    mine = places(corp, row)
    user = {
        "userid": row["userid"],
        "name": row["name"],
        "department": [place["department"] for place in mine],
        "order": [place["order"] for place in mine],
        "position": row["position"],
        "is_leader_in_dept": [place["leads"] for place in mine],
        "direct_leader": [row["direct_leader"]] if row["direct_leader"] else [],
        "telephone": "",
        "alias": row["alias"],
        "main_department": row["main_department"],
        "extattr": {"attrs": []},
        "status": row["status"],
        "external_position": row["position"],
        "external_profile": {"external_corp_name": "", "external_attr": []},
    }
    if corp.knobs.personal_fields:
        user |= {
            "mobile": row["mobile"],
            "gender": str(row["gender"]),
            "email": row["email"],
            "biz_mail": "",
            "avatar": "",
            "thumb_avatar": "",
            "address": "",
            "qr_code": "",
        }
    return user


@call("POST", "user/list_id", rights=ADDRESS_BOOK, contacts_secret="only")
def user_list_id(ask: Ask) -> dict[str, Any]:
    """One row for each department of each employee."""
    limit = ask.number("limit", 10_000) or 0
    if not 1 <= limit <= 10_000:
        raise Refusal(40058)
    place = place_of(ask.corp, ask.optional_text("cursor"), of="user/list_id")
    after = place or ["", -1]
    found = ask.corp.rows(
        "SELECT membership.userid, department FROM membership JOIN employee"
        " USING (userid) WHERE resigned_at IS NULL"
        " AND (membership.userid, department) > (?, ?)"
        " ORDER BY membership.userid, department LIMIT ?",
        *after,
        limit + 1,
    )
    page = found[:limit]
    return {
        "next_cursor": cursor_at(ask.corp, list(page[-1]), of="user/list_id")
        if len(found) > limit
        else "",
        "dept_user": [dict(row) for row in page],
    }


@call("POST", "user/getuserid", rights=ADDRESS_BOOK, contacts_secret="yes")
def user_getuserid(ask: Ask) -> dict[str, Any]:
    found = ask.corp.value(
        "SELECT userid FROM employee WHERE mobile = ? AND resigned_at IS NULL",
        ask.text("mobile"),
    )
    if found is None or not ask.corp.in_range(found):
        raise Refusal(46004)
    return {"userid": found}


@call("GET", "agent/get", rights=ADDRESS_BOOK)
def agent_get(ask: Ask) -> dict[str, Any]:
    agent_id = ask.of_query("agentid", 41011)
    if not agent_id.isdecimal():
        raise Refusal(40056)
    if agent_id != ask.corp.credentials.agent_id:
        raise Refusal(301002)
    found = ask.corp.rows("SELECT userid FROM employee WHERE resigned_at IS NULL")
    users = [
        {"userid": row["userid"]} for row in found if ask.corp.in_range(row["userid"])
    ]
    return {
        "agentid": int(agent_id),
        "name": "SCRM",
        "square_logo_url": "",
        "description": "",
        "allow_userinfos": {"user": users},
        "allow_partys": {"partyid": [1]},
        "allow_tags": {"tagid": []},
        "close": 0,
        "redirect_domain": "",
        "report_location_flag": 0,
        "isreportenter": 0,
        "home_url": "",
        "customized_publish_status": 1,
    }


@call("GET", "getcallbackip", rights=ADDRESS_BOOK, contacts_secret="yes", bare=True)
def get_callback_ip(ask: Ask) -> dict[str, Any]:
    return {"ip_list": CALLBACK_ADDRESSES}

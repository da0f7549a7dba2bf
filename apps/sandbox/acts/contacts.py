"""Employees and customers add, edit and delete each other (wecom-api.md 4.6)."""

import json
import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.people import person, welcome_code
from apps.sandbox.acts.registry import act
from apps.sandbox.names import phone, remark_for
from apps.sandbox.records import CannotDo, Records

EVENT = "change_external_contact"
BY_THE_CUSTOMER = (1, 3, 10, 16)
BY_THE_EMPLOYEE = (2, 4, 5, 6)


@act
def add(corp: Records, *, at: int, **about: Any) -> dict[str, Any]:
    """A friendship begins. About: userid, external_userid, state, add_way, remark,
    oper_userid, welcome (False: no code), and name, type, gender, unionid, avatar of
    the person."""
    return begin(corp, at=at, relation="mutual", **about)


@act
def half_add(corp: Records, *, at: int, **about: Any) -> dict[str, Any]:
    """A customer adds an employee who need not verify and has not yet confirmed."""
    return begin(corp, at=at, relation="half", **about)


def begin(
    corp: Records,
    *,
    at: int,
    relation: str,
    userid: str | None = None,
    external_userid: str | None = None,
    state: str | None = None,
    add_way: int | None = None,
    remark: str | None = None,
    oper_userid: str | None = None,
    welcome: bool = True,
    **about_the_person: Any,
) -> dict[str, Any]:
    employee = pick.employee(corp, userid)
    whom = person(corp, external_userid, **about_the_person)
    pair = (employee["userid"], whom["external_userid"])
    before = corp.row(
        "SELECT * FROM follow WHERE userid = ? AND external_userid = ?", *pair
    )
    if before is not None and before["relation"] in ("mutual", "half"):
        raise CannotDo(f"{pair[0]} and {pair[1]} are connected already.")
    if add_way is None:
        ways = BY_THE_CUSTOMER[:1] if state else BY_THE_CUSTOMER + BY_THE_EMPLOYEE
        add_way = corp.random.choice(ways)
    starter = pair[0] if add_way in BY_THE_EMPLOYEE else pair[1]
    channels = '{"nickname":"临江视频号","source":1}' if add_way == 10 else ""
    # A customer who comes back to an employee who kept her finds her remark and
    # tags as they were; after the employee dropped her, everything starts anew.
    kept = before if before is not None and before["relation"] == "left" else None
    if before is not None and kept is None:
        forget_follow(corp, before["id"])
    if kept is not None and relation == "half":
        raise CannotDo(f"{pair[0]} still has {pair[1]}; she can only be added.")
    columns = {
        "relation": relation,
        "state": state or "",
        "add_way": add_way,
        "oper_userid": oper_userid or starter,
        "createtime": at,
        "wechat_channels": channels,
        "ended_at": None,
    }
    if remark is not None or kept is None:
        columns["remark"] = whom["name"] if remark is None else remark
    if kept is None:
        columns |= {"userid": pair[0], "external_userid": pair[1]}
        corp.run(
            f"INSERT INTO follow ({', '.join(columns)})"
            f" VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )
    else:
        update_follow(corp, kept["id"], **columns)
    code = welcome_code(corp, employee, whom, welcome)
    change = (
        "add_external_contact" if relation == "mutual" else "add_half_external_contact"
    )
    corp.tell(
        EVENT,
        change,
        at=at,
        UserID=pair[0],
        ExternalUserID=pair[1],
        State=state or "",
        WelcomeCode=code,
    )
    return {
        "userid": pair[0],
        "external_userid": pair[1],
        "state": state or "",
        "welcome_code": code,
    }


@act
def confirm(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
) -> dict[str, Any]:
    """The employee confirms a half-added customer; the code has been given before."""
    follow = pick.follow(corp, userid, external_userid, "half")
    update_follow(corp, follow["id"], relation="mutual", createtime=at)
    return told(
        corp, "add_external_contact", follow, at, State=follow["state"], WelcomeCode=""
    )


@act
def edit_remark(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
    remark: str | None = None,
    description: str | None = None,
    company: str | None = None,
) -> dict[str, Any]:
    follow = pick.follow(corp, userid, external_userid, "mutual", "left")
    if remark is None and description is None and company is None:
        remark = remark_for(corp.random, follow["remark"])
    given = {"remark": remark, "description": description, "remark_corp_name": company}
    given = {column: value for column, value in given.items() if value is not None}
    update_follow(corp, follow["id"], **given)
    return told(corp, "edit_external_contact", follow, at) | given


@act
def edit_phones(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
    mobiles: list[str] | None = None,
) -> dict[str, Any]:
    """The employee edits the phones. No callback is seen of it in the field, so only
    reading again finds it; the knob `phone_edit_tells` makes WeCom tell of it."""
    follow = pick.follow(corp, userid, external_userid, "mutual", "left")
    mobiles = [phone(corp.random)] if mobiles is None else mobiles
    update_follow(corp, follow["id"], remark_mobiles=json.dumps(mobiles))
    if corp.knobs.phone_edit_tells:
        told(corp, "edit_external_contact", follow, at)
    return pair_of(follow) | {"mobiles": mobiles}


@act
def put_tags(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
    add: list[str] | None = None,
    remove: list[str] | None = None,
) -> dict[str, Any]:
    """The employee puts tags on a customer and takes others off."""
    follow = pick.follow(corp, userid, external_userid, "mutual", "left")
    if add is None and remove is None:
        add = [pick.tag(corp)["id"]]
        on = corp.value("SELECT tag FROM tagging WHERE follow = ?", follow["id"])
        remove = [on] if on and on not in add and corp.random.random() < 0.5 else []
    for tag_id in add or []:
        pick.tag(corp, tag_id)
    set_tags(corp, follow["id"], add=add or [], remove=remove or [])
    done = told(corp, "edit_external_contact", follow, at)
    return done | {"add": add or [], "remove": remove or []}


@act
def customer_leaves(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
) -> dict[str, Any]:
    """The customer deletes the employee, who goes on seeing her (wecom-api.md 1.4)."""
    follow = pick.follow(corp, userid, external_userid, "mutual")
    update_follow(corp, follow["id"], relation="left", ended_at=at)
    return told(corp, "del_follow_user", follow, at)


@act
def employee_drops(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
) -> dict[str, Any]:
    follow = pick.follow(corp, userid, external_userid, "mutual", "left")
    update_follow(corp, follow["id"], relation="dropped", ended_at=at)
    return told(corp, "del_external_contact", follow, at, Source="")


@act
def msg_audit_approved(
    corp: Records,
    *,
    at: int,
    userid: str | None = None,
    external_userid: str | None = None,
) -> dict[str, Any]:
    """The customer agrees that chats are archived."""
    follow = pick.follow(corp, userid, external_userid, "mutual")
    return told(corp, "msg_audit_approved", follow, at, WelcomeCode="")


def told(
    corp: Records, change: str, follow: sqlite3.Row, at: int, **elements: Any
) -> dict[str, Any]:
    corp.tell(
        EVENT,
        change,
        at=at,
        UserID=follow["userid"],
        ExternalUserID=follow["external_userid"],
        **elements,
    )
    return pair_of(follow)


def pair_of(follow: sqlite3.Row) -> dict[str, Any]:
    return {"userid": follow["userid"], "external_userid": follow["external_userid"]}


def update_follow(corp: Records, follow_id: int, **columns: Any) -> None:
    corp.run(
        f"UPDATE follow SET {', '.join(f'{column} = ?' for column in columns)}"
        " WHERE id = ?",
        *columns.values(),
        follow_id,
    )


def forget_follow(corp: Records, follow_id: int) -> None:
    corp.run("DELETE FROM tagging WHERE follow = ?", follow_id)
    corp.run("DELETE FROM personal_tag WHERE follow = ?", follow_id)
    corp.run("DELETE FROM follow WHERE id = ?", follow_id)


def set_tags(
    corp: Records, follow_id: int, *, add: list[str], remove: list[str]
) -> None:
    corp.run_many(
        "INSERT OR IGNORE INTO tagging VALUES (?, ?)",
        [(follow_id, tag) for tag in add],
    )
    corp.run_many(
        "DELETE FROM tagging WHERE follow = ? AND tag = ?",
        [(follow_id, tag) for tag in remove],
    )

"""Somebody opens an acquisition link, adds whom it offers, and writes (wecom-api.md
3.10); what an administrator does to a link; and the balance that all this costs."""

import json
import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.contacts import begin
from apps.sandbox.acts.people import person
from apps.sandbox.acts.registry import act
from apps.sandbox.acts.ways import people_of as range_of
from apps.sandbox.acts.ways import ready
from apps.sandbox.records import CannotDo, Records

EVENT = "customer_acquisition"
BY_LINK = 16  # add_way
LONGEST_STATE = 64  # bytes; what is longer is cut
LOW = 20
TOLD_AT = (3, 5, 10)  # messages
BEIJING = 8 * 3600


@act
def open_link(
    corp: Records,
    *,
    at: int,
    link_id: str | None = None,
    state: str = "",
    external_userid: str | None = None,
    adds: bool = True,
    **about: Any,
) -> dict[str, Any]:
    """A customer opens a link to which `state` was appended and, unless `adds` is
    false, adds one of its people, by WeCom's own choice."""
    link = link_of(corp, link_id)
    corp.run("INSERT INTO acquisition_click VALUES (?, ?)", link["link_id"], at)
    if not adds:
        return {"link_id": link["link_id"], "new": False}
    if balance_of(corp) <= 0:
        raise CannotDo("The corp's balance of acquisition links is used up.")
    users = range_of(corp, json.loads(link["users"]), json.loads(link["parties"]))
    try:
        given = corp.random.choice(ready(corp, users))
    except CannotDo:
        corp.tell(EVENT, "link_unavailable", at=at, LinkId=link["link_id"])
        return {"link_id": link["link_id"], "new": False}
    whom = person(corp, external_userid, **about)
    state = state.encode()[:LONGEST_STATE].decode(errors="ignore")
    done = begin(
        corp,
        at=at,
        relation="mutual",
        userid=given,
        external_userid=whom["external_userid"],
        state=state or None,
        add_way=BY_LINK,
    )
    corp.run(
        "INSERT INTO acquisition_customer (link_id, external_userid, userid, state, at)"
        " VALUES (?, ?, ?, ?, ?)",
        *(link["link_id"], whom["external_userid"], given, state, at),
    )
    left = balance_of(corp)
    if left == 0:
        corp.tell(EVENT, "balance_exhausted", at=at)
    elif left == LOW - 1:
        corp.tell(EVENT, "balance_low", at=at)
    return done | {"link_id": link["link_id"], "new": True}


@act
def write_by_link(
    corp: Records,
    *,
    at: int,
    external_userid: str | None = None,
    messages: int = 1,
) -> dict[str, Any]:
    """Whom a link brought writes to the colleague: WeCom tells of the first message,
    and of the third, fifth and tenth without saying whose they are."""
    if external_userid is None:
        found = pick.any_of(corp, "SELECT * FROM acquisition_customer")
    else:
        found = corp.row(
            "SELECT * FROM acquisition_customer WHERE external_userid = ?"
            " ORDER BY row DESC",
            external_userid,
        )
    if found is None:
        raise CannotDo("Nobody came by a link.")
    before = found["messages"]
    after = before + max(messages, 1)
    key = corp.identifier("key", 24)
    corp.run(
        "UPDATE acquisition_customer SET messages = ?, chat_status = 1, chat_key = ?,"
        " key_at = ? WHERE row = ?",
        *(after, key, at, found["row"]),
    )
    of = {"LinkId": found["link_id"]}
    if before == 0:
        corp.tell(
            EVENT,
            "customer_start_chat",
            at=at,
            UserID=found["userid"],
            ExternalUserID=found["external_userid"],
            **of,
        )
    if any(before < mark <= after for mark in TOLD_AT):
        corp.tell(EVENT, "message_from_customer", at=at, ChatKey=key, **of)
    return {
        "external_userid": found["external_userid"],
        "userid": found["userid"],
        "messages": after,
        "chat_key": key,
    }


@act
def lose_link(corp: Records, *, at: int, link_id: str | None = None) -> dict[str, Any]:
    """An administrator deletes a link in the console, and WeCom tells of it."""
    link = link_of(corp, link_id)
    corp.run("DELETE FROM acquisition_link WHERE row = ?", link["row"])
    corp.tell(EVENT, "delete_link", at=at, LinkId=link["link_id"])
    return {"link_id": link["link_id"]}


@act
def meddle_with_link(
    corp: Records,
    *,
    at: int,
    link_id: str | None = None,
    users: list[str] | None = None,
) -> dict[str, Any]:
    """An administrator puts other people on a link; WeCom tells nobody."""
    link = link_of(corp, link_id)
    corp.run(
        "UPDATE acquisition_link SET users = ? WHERE row = ?",
        *(json.dumps(users or []), link["row"]),
    )
    return {"link_id": link["link_id"], "users": users or []}


@act
def quota_expires(corp: Records, *, at: int, many: int = 50) -> dict[str, Any]:
    """Some of the balance expires within days."""
    expires = day_of(at) + 3 * 86_400
    corp.tell(
        EVENT,
        "quota_expire_soon",
        at=at,
        ExpireTime=expires,
        ExpireQuotaNum=many,
    )
    return {"expires": expires, "many": many}


def link_of(corp: Records, link_id: str | None) -> sqlite3.Row:
    if link_id is None:
        found = pick.any_of(corp, "SELECT * FROM acquisition_link")
    else:
        found = corp.row("SELECT * FROM acquisition_link WHERE link_id = ?", link_id)
    if found is None:
        raise CannotDo("There is no such link.")
    return found


def balance_of(corp: Records) -> int:
    used = corp.value("SELECT count(*) FROM acquisition_customer")
    return max(corp.knobs.acquisition_quota - used, 0)


def day_of(at: int) -> int:
    """Midnight in Beijing."""
    return at - (at + BEIJING) % 86_400

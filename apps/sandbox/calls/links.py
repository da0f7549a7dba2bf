"""Acquisition links, by which customers add employees (wecom-api.md 3.10).

A link has no state of its own: whoever spreads it appends one to its address. Each
customer it brings is paid from the corp's balance. What WeCom answers for a link that
is none is not documented; the sandbox assumes 40058.
"""

import json
import sqlite3
from typing import Any

from apps.sandbox.acts.links import balance_of, day_of, range_of
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.calls.visible import serving
from apps.sandbox.calls.ways import flag
from apps.sandbox.cursors import cursor_at, place_of
from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records

PREFIX = "externalcontact/customer_acquisition"
LONGEST = 30
MOST_PEOPLE = 500
MOST_LISTED, MOST_CUSTOMERS = 100, 1000
DAY = 86_400
FURTHEST, LONGEST_SPAN = 180 * DAY, 30 * DAY
KEY_SECONDS = 1800


@call("POST", f"{PREFIX}/list_link", rights=CUSTOMERS)
def list_link(ask: Ask) -> dict[str, Any]:
    page, cursor = paged(ask, "list_link", "acquisition_link", most=MOST_LISTED)
    return {"link_id_list": [row["link_id"] for row in page], "next_cursor": cursor}


@call("POST", f"{PREFIX}/get", rights=CUSTOMERS)
def get_link(ask: Ask) -> dict[str, Any]:
    """Three objects side by side; the link does not tell its own id."""
    link = link_asked_for(ask)
    return {
        "link": {
            "link_name": link["link_name"],
            "url": link["url"],
            "create_time": link["created_at"],
            "skip_verify": bool(link["skip_verify"]),
            "mark_source": bool(link["mark_source"]),
        },
        "range": {
            "user_list": json.loads(link["users"]),
            "department_list": json.loads(link["parties"]),
        },
        "priority_option": {"priority_type": 0, "priority_userid_list": []},
    }


@call("POST", f"{PREFIX}/create_link", rights=CUSTOMERS)
def create_link(ask: Ask) -> dict[str, Any]:
    corp = ask.corp
    told = columns_of(ask)
    if not told.get("link_name") or "users" not in told:
        raise Refusal(40063)
    with corp.changing():
        link_id = corp.identifier("ca", 20)
        columns = {
            "link_id": link_id,
            "url": f"https://work.weixin.qq.com/ca/{link_id}",
            "created_at": corp.now(),
            **told,
        }
        corp.run(
            f"INSERT INTO acquisition_link ({', '.join(columns)})"
            f" VALUES ({', '.join('?' * len(columns))})",
            *columns.values(),
        )
    return {
        "link": {
            "link_id": link_id,
            "link_name": told["link_name"],
            "url": columns["url"],
            "create_time": columns["created_at"],
        }
    }


@call(
    "POST",
    f"{PREFIX}/update_link",
    rights=CUSTOMERS,
    alone=lambda ask: ask.body.get("link_id"),
)
def update_link(ask: Ask) -> dict[str, Any]:
    """The range as a whole; what is left out stays."""
    with ask.corp.changing():
        link = link_asked_for(ask)
        columns = columns_of(ask)
        if columns:
            ask.corp.run(
                f"UPDATE acquisition_link SET {', '.join(f'{c} = ?' for c in columns)}"
                " WHERE link_id = ?",
                *columns.values(),
                link["link_id"],
            )
    return {}


@call("POST", f"{PREFIX}/delete_link", rights=CUSTOMERS)
def delete_link(ask: Ask) -> dict[str, Any]:
    with ask.corp.changing():
        link = link_asked_for(ask)
        ask.corp.run("DELETE FROM acquisition_link WHERE row = ?", link["row"])
    return {}


@call("POST", f"{PREFIX}/customer", rights=CUSTOMERS)
def customers(ask: Ask) -> dict[str, Any]:
    link = link_asked_for(ask)
    page, cursor = paged(
        ask,
        "customer",
        "acquisition_customer",
        most=MOST_CUSTOMERS,
        link_id=link["link_id"],
    )
    names = ("external_userid", "userid", "chat_status", "state")
    rows = [{name: row[name] for name in names} for row in page]
    return {"customer_list": rows, "next_cursor": cursor}


@call("GET", f"{PREFIX}_quota", rights=CUSTOMERS)
def quota(ask: Ask) -> dict[str, Any]:
    """No slash before the last word. All that is left expires on one day."""
    balance = balance_of(ask.corp)
    expires = day_of(ask.corp.now()) + 90 * DAY
    return {
        "total": ask.corp.knobs.acquisition_quota,
        "balance": balance,
        "quota_list": [{"expire_date": expires, "balance": balance}] if balance else [],
    }


@call("POST", f"{PREFIX}/statistic", rights=CUSTOMERS)
def statistic(ask: Ask) -> dict[str, Any]:
    """Of whole days, both included: thirty at most, and none before half a year ago."""
    link = link_asked_for(ask)
    since, until = ask.number("start_time"), ask.number("end_time")
    if since is None or until is None:
        raise Refusal(40063)
    since, until = day_of(since), day_of(until)
    too_long = not 0 <= until - since < LONGEST_SPAN
    if too_long or since < day_of(ask.corp.now()) - FURTHEST:
        raise Refusal(40058)

    def many(table: str) -> int:
        return ask.corp.value(
            f"SELECT count(*) FROM {table} WHERE link_id = ? AND at >= ? AND at < ?",
            *(link["link_id"], since, until + DAY),
        )

    return {
        "click_link_customer_cnt": many("acquisition_click"),
        "new_customer_cnt": many("acquisition_customer"),
    }


@call("POST", f"{PREFIX}/get_chat_info", rights=CUSTOMERS)
def get_chat_info(ask: Ask) -> dict[str, Any]:
    found = ask.corp.row(
        "SELECT * FROM acquisition_customer WHERE chat_key = ? AND key_at >= ?",
        ask.text("chat_key"),
        ask.corp.now() - KEY_SECONDS,
    )
    if found is None:
        raise Refusal(41201)
    return {
        "userid": found["userid"],
        "external_userid": found["external_userid"],
        "chat_info": {
            "recv_msg_cnt": found["messages"],
            "link_id": found["link_id"],
            "state": found["state"],
        },
    }


def link_asked_for(ask: Ask) -> sqlite3.Row:
    link_id = ask.text("link_id")
    found = ask.corp.row("SELECT * FROM acquisition_link WHERE link_id = ?", link_id)
    if found is None:
        raise Refusal(40058)
    return found


def columns_of(ask: Ask) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    if (name := ask.optional_text("link_name")) is not None:
        if not 0 < len(name) <= LONGEST:
            raise Refusal(40058)
        columns["link_name"] = name
    for name in ("skip_verify", "mark_source"):
        if name in ask.body:
            columns[name] = int(flag(ask, name, default=True))
    if "priority_option" in ask.body:  # only for some trades
        raise Refusal(41200)
    if "range" in ask.body:
        columns |= range_told(ask)
    return columns


def range_told(ask: Ask) -> dict[str, str]:
    """Each of the people must be able to have customers, and there must be one."""
    told = ask.body["range"]
    users = told.get("user_list") or [] if isinstance(told, dict) else None
    parties = told.get("department_list") or [] if isinstance(told, dict) else None
    if not isinstance(users, list) or not isinstance(parties, list):
        raise Refusal(40058)
    found = []
    for userid in dict.fromkeys(users):
        if not isinstance(userid, str):
            raise Refusal(40058)
        who = serving(ask.corp, userid)
        if who["status"] != 1:
            raise Refusal(41054)
        found.append(who["userid"])
    for one in parties:
        if not ask.corp.value("SELECT 1 FROM department WHERE id = ?", one):
            raise Refusal(60003)
    people = range_of(ask.corp, found, parties)
    if not 0 < len(people) <= MOST_PEOPLE:
        raise Refusal(40058)
    return {"users": json.dumps(found), "parties": json.dumps(parties)}


def paged(
    ask: Ask, what: str, table: str, *, most: int, **only: Any
) -> tuple[list[sqlite3.Row], str]:
    """The next rows of a table in their order, and the cursor of those after them."""
    corp: Records = ask.corp
    limit = ask.number("limit") or most
    if not 1 <= limit <= most:
        raise Refusal(40058)
    of = [f"{PREFIX}/{what}", *only.values()]
    after = place_of(corp, ask.optional_text("cursor"), of=of) or 0
    where = "".join(f"{column} = ? AND " for column in only)
    found = corp.rows(
        f"SELECT * FROM {table} WHERE {where} row > ? ORDER BY row LIMIT ?",
        *only.values(),
        after,
        limit + 1,
    )
    more = len(found) > limit
    page = found[:limit]
    return page, cursor_at(corp, page[-1]["row"], of=of) if more else ""

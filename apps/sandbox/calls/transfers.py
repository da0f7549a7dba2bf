"""Customers go over to another employee, in service or resigned (wecom-api.md 3.6).

An item that is answered 0 is accepted; it completes by itself after a day. Groups go
over at once, three hundred a day to one employee; what WeCom answers beyond that is not
known, and 45009 is a guess.
"""

import sqlite3
from typing import Any

from apps.sandbox.acts.groups import give_group
from apps.sandbox.acts.transfers import (
    DONE,
    complete_due,
    is_full,
    is_known,
    running,
    start,
)
from apps.sandbox.calls.registry import CUSTOMERS, Ask, call
from apps.sandbox.calls.visible import employee, serving
from apps.sandbox.cursors import cursor_at, place_of
from apps.sandbox.errors import TEXTS, Refusal
from apps.sandbox.records import Records

PREFIX = "externalcontact"
DAYS_90 = 90 * 86_400
TRANSFERS_IN_90_DAYS = 2
LONGEST_MESSAGE = 200
A_PAGE = 1000
GROUPS_A_DAY = 300
BEIJING = 8 * 3600


@call("POST", f"{PREFIX}/get_unassigned_list", rights=CUSTOMERS)
def get_unassigned_list(ask: Ask) -> dict[str, Any]:
    """Customers of leavers, one row for each pair; by cursor, or by page as of old."""
    size = ask.number("page_size", 1000) or 0
    page_id = ask.number("page_id", 0) or 0
    if not 1 <= size <= 1000 or page_id < 0:
        raise Refusal(40058)
    of = f"{PREFIX}/get_unassigned_list"
    after = place_of(ask.corp, ask.optional_text("cursor"), of=of) or 0
    found = ask.corp.rows(
        "SELECT * FROM unassigned WHERE id > ? ORDER BY id LIMIT ? OFFSET ?",
        after,
        size + 1,
        0 if after else page_id * size,
    )
    page, more = found[:size], len(found) > size
    return {
        "info": [
            {
                "handover_userid": row["handover"],
                "external_userid": row["external_userid"],
                "dimission_time": row["dimission_time"],
            }
            for row in page
        ],
        "is_last": not more,
        "next_cursor": cursor_at(ask.corp, page[-1]["id"], of=of) if more else "",
    }


def giver(ask: Ask) -> str:
    return str(ask.body.get("handover_userid")).lower()


@call("POST", f"{PREFIX}/transfer_customer", rights=CUSTOMERS)
def transfer_customer(ask: Ask) -> dict[str, Any]:
    if len(ask.optional_text("transfer_success_msg") or "") > LONGEST_MESSAGE:
        raise Refusal(40058)
    return transfer(ask, resigned=False)


@call("POST", f"{PREFIX}/resigned/transfer_customer", rights=CUSTOMERS, alone=giver)
def resigned_transfer_customer(ask: Ask) -> dict[str, Any]:
    return transfer(ask, resigned=True)


def transfer(ask: Ask, *, resigned: bool) -> dict[str, Any]:
    corp, asked = ask.corp, ask.texts("external_userid")
    handover = ask.text("handover_userid", 41009)
    takeover = ask.text("takeover_userid", 41009)
    if not asked:
        raise Refusal(41035)
    if len(asked) > 100:
        raise Refusal(40058)
    with corp.changing():
        old = leaver(corp, handover) if resigned else employee(corp, handover)["userid"]
        new = serving(corp, takeover)["userid"]
        if old.lower() == new.lower():
            raise Refusal(40130)
        answers = []
        for whom in asked:
            errcode = objection(corp, old, new, whom, resigned=resigned)
            if errcode == 0:
                start(corp, corp.now(), old, new, whom, resigned=resigned)
            answers.append({"external_userid": whom, "errcode": errcode})
    return {"customer": answers}


def leaver(corp: Records, userid: str) -> str:
    found = corp.row("SELECT * FROM employee WHERE userid = ?", userid)
    if found is None:
        raise Refusal(60111)
    if found["resigned_at"] is None:
        raise Refusal(40097)
    if not corp.in_range(found["userid"]):
        raise Refusal(corp.knobs.out_of_range_errcode)
    return found["userid"]


def objection(
    corp: Records, handover: str, takeover: str, whom: str, *, resigned: bool
) -> int:
    """Why this customer cannot be transferred; 0 if she can."""
    if not corp.value("SELECT 1 FROM person WHERE external_userid = ?", whom):
        return 40096
    if not corp.value(
        "SELECT 1 FROM follow WHERE userid = ? AND external_userid = ?"
        " AND relation IN ('mutual', 'left')",
        handover,
        whom,
    ):
        return 40131
    if running(corp, whom) is not None:
        return 40129
    recently = corp.value(
        "SELECT count(*) FROM transfer WHERE external_userid = ? AND NOT resigned"
        " AND status = ? AND started_at > ?",
        whom,
        DONE,
        corp.now() - DAYS_90,
    )
    if not resigned and recently >= TRANSFERS_IN_90_DAYS:
        return 40128
    known = is_known(corp, takeover, whom)
    return 40099 if not known and is_full(corp, takeover) else 0


@call("POST", f"{PREFIX}/transfer_result", rights=CUSTOMERS)
def transfer_result(ask: Ask) -> dict[str, Any]:
    return results(ask, f"{PREFIX}/transfer_result", resigned=False)


@call("POST", f"{PREFIX}/resigned/transfer_result", rights=CUSTOMERS)
def resigned_transfer_result(ask: Ask) -> dict[str, Any]:
    return results(ask, f"{PREFIX}/resigned/transfer_result", resigned=True)


def results(ask: Ask, path: str, *, resigned: bool) -> dict[str, Any]:
    """Status 1 done, 2 waiting, 3 refused, 4 taker full; a thousand to a page."""
    corp = ask.corp
    complete_due(corp, corp.now())
    handover = ask.text("handover_userid", 41009)
    takeover = ask.text("takeover_userid", 41009)
    of = [path, handover, takeover]
    after = place_of(corp, ask.optional_text("cursor"), of=of) or 0
    found = corp.rows(
        "SELECT * FROM transfer WHERE handover = ? AND takeover = ? AND resigned = ?"
        " AND id > ? ORDER BY id LIMIT ?",
        handover,
        takeover,
        int(resigned),
        after,
        A_PAGE + 1,
    )
    page = found[:A_PAGE]
    more = len(found) > A_PAGE
    return {
        "customer": [result_row(row) for row in page],
        "next_cursor": cursor_at(corp, page[-1]["id"], of=of) if more else "",
    }


def result_row(row: sqlite3.Row) -> dict[str, Any]:
    return {
        "external_userid": row["external_userid"],
        "status": row["status"],
        "takeover_time": row["takeover_time"],
    }


@call("POST", f"{PREFIX}/groupchat/transfer", rights=CUSTOMERS)
def groupchat_transfer(ask: Ask) -> dict[str, Any]:
    return give_groups(ask, resigned=True)


@call("POST", f"{PREFIX}/groupchat/onjob_transfer", rights=CUSTOMERS)
def groupchat_onjob_transfer(ask: Ask) -> dict[str, Any]:
    return give_groups(ask, resigned=False)


def give_groups(ask: Ask, *, resigned: bool) -> dict[str, Any]:
    corp, asked = ask.corp, ask.texts("chat_id_list")
    if not 1 <= len(asked) <= 100:
        raise Refusal(40058)
    failed = []
    with corp.changing():
        new = serving(corp, ask.text("new_owner", 41009))["userid"]
        for chat_id in asked:
            errcode = objection_to_group(corp, chat_id, new, resigned=resigned)
            if errcode:
                failed.append(
                    {
                        "chat_id": chat_id,
                        "errcode": errcode,
                        "errmsg": TEXTS.get(errcode, "error"),
                    }
                )
    return {"failed_chat_list": failed}


def objection_to_group(corp: Records, chat_id: str, new: str, *, resigned: bool) -> int:
    """Why this group does not go over; 0 if it has."""
    at = corp.now()
    chat = corp.row("SELECT * FROM group_chat WHERE chat_id = ?", chat_id)
    if chat is None or chat["internal"]:
        return 90501
    if chat["dismissed_at"] is not None:
        return 49008
    if chat["owner"].lower() == new.lower():
        return 90504
    left = corp.value(
        "SELECT resigned_at IS NOT NULL FROM employee WHERE userid = ?", chat["owner"]
    )
    if resigned and not left:
        return 90508 if chat["status"] == 3 else 90500
    if left and not resigned:
        return 90502
    today = at - (at + BEIJING) % 86_400
    taken = corp.value(
        "SELECT count(*) FROM group_transfer WHERE new_owner = ? AND at >= ?",
        new,
        today,
    )
    if taken >= GROUPS_A_DAY:
        return 45009
    give_group(corp, chat, new, at=at)
    corp.run(
        "INSERT INTO group_transfer (chat_id, owner, new_owner, on_job, at)"
        " VALUES (?, ?, ?, ?, ?)",
        chat_id,
        chat["owner"],
        new,
        int(not resigned),
        at,
    )
    return 0

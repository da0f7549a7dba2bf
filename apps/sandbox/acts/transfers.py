"""A customer goes over to another employee (wecom-api.md 3.6).

A transfer that was accepted completes by itself after a day, unless the customer
refuses (those who do are told by `person_refuses`) or the taker is full. When it
completes, the old employee hears `del_external_contact` with
Source=DELETE_BY_TRANSFER (only if still in service), the new one
`add_external_contact` (not if they are friends, or were).
"""

import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.contacts import EVENT, update_follow
from apps.sandbox.acts.registry import act
from apps.sandbox.records import CannotDo, Records

DONE, WAITING, REFUSED, TAKER_FULL = 1, 2, 3, 4
REASONS = {"customer_refused": REFUSED, "customer_limit_exceed": TAKER_FULL}
ADMINISTRATOR = "admin"
ASSIGNED_BY_ADMINISTRATOR = 202


@act
def transfer(
    corp: Records,
    *,
    at: int,
    handover: str | None = None,
    takeover: str | None = None,
    external_userid: str | None = None,
) -> dict[str, Any]:
    """An administrator hands a customer over in the console."""
    follow = pick.follow(corp, handover, external_userid, "mutual", "left")
    if takeover is None:
        found = pick.any_of(
            corp,
            "SELECT * FROM employee WHERE serves AND resigned_at IS NULL"
            " AND userid != ?",
            follow["userid"],
        )
        if found is None:
            raise CannotDo("There is nobody to take the customer.")
        takeover = found["userid"]
    taker = pick.employee(corp, takeover)["userid"]
    if running(corp, follow["external_userid"]) is not None:
        raise CannotDo(f"{follow['external_userid']} is being transferred already.")
    start(corp, at, follow["userid"], taker, follow["external_userid"], resigned=False)
    return {
        "handover": follow["userid"],
        "takeover": taker,
        "external_userid": follow["external_userid"],
    }


@act
def transfer_complete(
    corp: Records, *, at: int, external_userid: str | None = None
) -> dict[str, Any]:
    """A waiting transfer completes now instead of after its day."""
    waiting = waiting_transfer(corp, external_userid)
    complete(corp, waiting, at)
    return described(waiting)


@act
def transfer_fail(
    corp: Records,
    *,
    at: int,
    external_userid: str | None = None,
    reason: str = "customer_refused",
) -> dict[str, Any]:
    """A waiting transfer fails: customer_refused or customer_limit_exceed."""
    if reason not in REASONS:
        raise CannotDo(f"A transfer fails by {' or '.join(REASONS)}, not {reason!r}.")
    waiting = waiting_transfer(corp, external_userid)
    fail(corp, waiting, reason, at)
    return described(waiting) | {"reason": reason}


@act
def transfers_end(corp: Records, *, at: int) -> dict[str, Any]:
    """The day of all waiting transfers is over: each completes, or fails."""
    waiting = corp.rows("SELECT * FROM transfer WHERE status = ? ORDER BY id", WAITING)
    for one in waiting:
        complete(corp, one, at)
    return {"transfers": len(waiting)}


@act
def person_refuses(
    corp: Records, *, at: int, external_userid: str, refuses: bool = True
) -> dict[str, Any]:
    """From now on this customer refuses whoever she is handed to."""
    corp.run(
        "UPDATE person SET refuses = ? WHERE external_userid = ?",
        int(refuses),
        external_userid,
    )
    return {"external_userid": external_userid, "refuses": refuses}


def fail(corp: Records, waiting: sqlite3.Row, reason: str, at: int) -> None:
    corp.run(
        "UPDATE transfer SET status = ?, takeover_time = 0 WHERE id = ?",
        REASONS[reason],
        waiting["id"],
    )
    corp.tell(
        EVENT,
        "transfer_fail",
        at=at,
        FailReason=reason,
        UserID=waiting["takeover"],
        ExternalUserID=waiting["external_userid"],
    )


def is_full(corp: Records, userid: str) -> bool:
    """An employee may have only so many customers."""
    room = corp.value("SELECT room FROM employee WHERE userid = ?", userid)
    taken = corp.value(
        "SELECT count(*) FROM follow WHERE userid = ?"
        " AND relation IN ('mutual', 'left')",
        userid,
    )
    return taken >= room


def is_known(corp: Records, userid: str, external_userid: str) -> bool:
    return bool(
        corp.value(
            "SELECT 1 FROM follow WHERE userid = ? AND external_userid = ?"
            " AND relation IN ('mutual', 'half', 'left')",
            userid,
            external_userid,
        )
    )


def running(corp: Records, external_userid: str) -> sqlite3.Row | None:
    return corp.row(
        "SELECT * FROM transfer WHERE external_userid = ? AND status = ?",
        external_userid,
        WAITING,
    )


def waiting_transfer(corp: Records, external_userid: str | None) -> sqlite3.Row:
    if external_userid is not None:
        found = running(corp, external_userid)
    else:
        found = pick.any_of(corp, "SELECT * FROM transfer WHERE status = ?", WAITING)
    if found is None:
        raise CannotDo(f"No transfer of {external_userid or 'anybody'} is waiting.")
    return found


def described(transfer: sqlite3.Row) -> dict[str, Any]:
    return {
        name: transfer[name] for name in ("handover", "takeover", "external_userid")
    }


def start(
    corp: Records,
    at: int,
    handover: str,
    takeover: str,
    external_userid: str,
    *,
    resigned: bool,
) -> None:
    due = at + corp.knobs.transfer_seconds
    corp.run(
        "INSERT INTO transfer (handover, takeover, external_userid, resigned,"
        " started_at, due_at, takeover_time) VALUES (?, ?, ?, ?, ?, ?, ?)",
        handover,
        takeover,
        external_userid,
        int(resigned),
        at,
        due,
        due,
    )


def complete_due(corp: Records, at: int) -> int:
    """Complete what has waited its day; answers how many there were."""
    with corp.changing():
        due = corp.rows(
            "SELECT * FROM transfer WHERE status = ? AND due_at <= ?", WAITING, at
        )
        for waiting in due:
            complete(corp, waiting, waiting["due_at"])
    return len(due)


def complete(corp: Records, waiting: sqlite3.Row, at: int) -> None:
    whom = waiting["external_userid"]
    if corp.value("SELECT refuses FROM person WHERE external_userid = ?", whom):
        return fail(corp, waiting, "customer_refused", at)
    taker = waiting["takeover"]
    if not is_known(corp, taker, whom) and is_full(corp, taker):
        return fail(corp, waiting, "customer_limit_exceed", at)
    corp.run(
        "UPDATE transfer SET status = ?, takeover_time = ? WHERE id = ?",
        DONE,
        at,
        waiting["id"],
    )
    pair = "SELECT * FROM follow WHERE userid = ? AND external_userid = ?"
    old = corp.row(pair, waiting["handover"], waiting["external_userid"])
    taken = corp.row(pair, waiting["takeover"], waiting["external_userid"])
    if old is not None and old["relation"] in ("mutual", "left"):
        update_follow(corp, old["id"], relation="transferred", ended_at=at)
        if not waiting["resigned"]:
            corp.tell(
                EVENT,
                "del_external_contact",
                at=at,
                UserID=old["userid"],
                ExternalUserID=old["external_userid"],
                Source="DELETE_BY_TRANSFER",
            )
    corp.run(
        "DELETE FROM unassigned WHERE handover = ? AND external_userid = ?",
        waiting["handover"],
        waiting["external_userid"],
    )
    if taken is not None and taken["relation"] in ("mutual", "half", "left"):
        return
    take_over(corp, waiting, old, taken, at)


def take_over(
    corp: Records,
    waiting: sqlite3.Row,
    old: sqlite3.Row | None,
    taken: sqlite3.Row | None,
    at: int,
) -> None:
    was_handed_over = taken is not None and taken["relation"] == "transferred"
    if taken is not None:
        corp.run("DELETE FROM tagging WHERE follow = ?", taken["id"])
        corp.run("DELETE FROM follow WHERE id = ?", taken["id"])
    inherited = ("remark", "description", "remark_corp_name", "remark_mobiles")
    columns: dict[str, Any] = {name: old[name] for name in inherited} if old else {}
    columns |= {
        "userid": waiting["takeover"],
        "external_userid": waiting["external_userid"],
        "relation": "mutual",
        "add_way": ASSIGNED_BY_ADMINISTRATOR,
        "oper_userid": ADMINISTRATOR,
        "createtime": at,
    }
    made = corp.run(
        f"INSERT INTO follow ({', '.join(columns)})"
        f" VALUES ({', '.join('?' * len(columns))})",
        *columns.values(),
    )
    if old is not None:
        corp.run(
            "INSERT INTO tagging SELECT ?, tag FROM tagging WHERE follow = ?",
            made.lastrowid,
            old["id"],
        )
    if not was_handed_over:
        corp.tell(
            EVENT,
            "add_external_contact",
            at=at,
            UserID=waiting["takeover"],
            ExternalUserID=waiting["external_userid"],
            State="",
            WelcomeCode="",
        )

"""Somebody scans a code, and what an administrator does to one (wecom-api.md 3.4)."""

import json
import sqlite3
from typing import Any

from apps.sandbox.acts import pick
from apps.sandbox.acts.contacts import begin
from apps.sandbox.acts.people import person
from apps.sandbox.acts.registry import act
from apps.sandbox.records import CannotDo, Records

SCANNED = 1  # add_way


@act
def scan(
    corp: Records,
    *,
    at: int,
    config_id: str | None = None,
    state: str | None = None,
    external_userid: str | None = None,
    half: bool = False,
    **about: Any,
) -> dict[str, Any]:
    """A customer scans a code and is given one of its people, by WeCom's own choice.
    Who has that colleague already only opens the chat. `half`: where nobody need
    verify, the colleague has not confirmed yet."""
    way = way_of(corp, config_id, state)
    users, parties = json.loads(way["users"]), json.loads(way["parties"])
    whom = person(corp, external_userid, **about)
    given = corp.random.choice(ready(corp, people_of(corp, users, parties)))
    friends = corp.value(
        "SELECT 1 FROM follow WHERE userid = ? AND external_userid = ?"
        " AND relation IN ('mutual', 'half')",
        given,
        whom["external_userid"],
    )
    if friends:
        return {
            "userid": given,
            "external_userid": whom["external_userid"],
            "new": False,
        }
    done = begin(
        corp,
        at=at,
        relation="half" if half and way["skip_verify"] else "mutual",
        userid=given,
        external_userid=whom["external_userid"],
        state=way["state"] or None,
        add_way=SCANNED,
    )
    return done | {"new": True}


@act
def lose_code(
    corp: Records,
    *,
    at: int,
    config_id: str | None = None,
    state: str | None = None,
) -> dict[str, Any]:
    """Another app of the corp deletes a code; WeCom tells nobody."""
    way = way_of(corp, config_id, state)
    corp.run("DELETE FROM contact_way WHERE config_id = ?", way["config_id"])
    return {"config_id": way["config_id"]}


@act
def meddle_with_code(
    corp: Records,
    *,
    at: int,
    config_id: str | None = None,
    state: str | None = None,
    users: list[str] | None = None,
) -> dict[str, Any]:
    """Another app of the corp puts other people on a code; WeCom tells nobody."""
    way = way_of(corp, config_id, state)
    corp.run(
        "UPDATE contact_way SET users = ? WHERE config_id = ?",
        json.dumps(users or []),
        way["config_id"],
    )
    return {"config_id": way["config_id"], "users": users or []}


def way_of(corp: Records, config_id: str | None, state: str | None) -> sqlite3.Row:
    for column, value in (("config_id", config_id), ("state", state)):
        if value is not None:
            found = corp.row(f"SELECT * FROM contact_way WHERE {column} = ?", value)
            if found is None:
                raise CannotDo(f"There is no code with {column} {value!r}.")
            return found
    found = pick.any_of(corp, "SELECT * FROM contact_way")
    if found is None:
        raise CannotDo("There is no code.")
    return found


def people_of(corp: Records, users: list[str], parties: list[int]) -> list[str]:
    """Those named, and everybody of the departments and of all below them."""
    found = dict.fromkeys(users)
    ahead, seen = list(parties), set()
    while ahead:
        department = ahead.pop()
        if department in seen:
            continue
        seen.add(department)
        rows = corp.rows(
            "SELECT userid FROM membership WHERE department = ?", department
        )
        found |= dict.fromkeys(row["userid"] for row in rows)
        rows = corp.rows("SELECT id FROM department WHERE parentid = ?", department)
        ahead += [row["id"] for row in rows]
    return list(found)


def ready(corp: Records, userids: list[str]) -> list[str]:
    """Those of them who can be added now."""
    found = [
        userid
        for userid in userids
        if corp.value(
            "SELECT 1 FROM employee WHERE userid = ? AND resigned_at IS NULL"
            " AND serves AND status = 1",
            userid,
        )
    ]
    if not found:
        raise CannotDo("Nobody who stands on this code can be added.")
    return found

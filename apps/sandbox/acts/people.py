"""Persons outside the corp, and the welcome codes that their adding makes."""

import sqlite3

from apps.sandbox.names import nickname
from apps.sandbox.records import Records


def person(
    corp: Records,
    external_userid: str | None = None,
    *,
    name: str | None = None,
    type: int | None = None,
    gender: int | None = None,
    unionid: str | None = None,
    avatar: str | None = None,
) -> sqlite3.Row:
    """The person of that id, or a new one; what is given is made to be so."""
    given = {"name": name, "type": type, "gender": gender}
    given |= {"unionid": unionid, "avatar": avatar}
    known = external_userid is not None and corp.row(
        "SELECT * FROM person WHERE external_userid = ?", external_userid
    )
    if not known:
        kind = type or (2 if corp.random.random() < 0.04 else 1)
        external_userid = external_userid or corp.identifier(
            "wm" if kind == 1 else "wo"
        )
        corp.run(
            "INSERT INTO person (external_userid, name, type, gender, unionid, avatar,"
            " corp_name, corp_full_name) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            external_userid,
            nickname(corp.random),
            kind,
            corp.random.choice((0, 1, 2, 2)),
            corp.identifier("o", 27) if kind == 1 else "",
            f"https://wx.qlogo.cn/mmhead/{corp.identifier('', 24)}/0",
            "" if kind == 1 else "临江贸易",
            "" if kind == 1 else "临江贸易有限公司",
        )
    for column, value in given.items():
        if value is not None:
            corp.run(
                f"UPDATE person SET {column} = ? WHERE external_userid = ?",
                value,
                external_userid,
            )
    found = corp.row("SELECT * FROM person WHERE external_userid = ?", external_userid)
    assert found is not None
    return found


def welcome_code(
    corp: Records, employee: sqlite3.Row, person: sqlite3.Row, wanted: bool
) -> str:
    """A code that lives 20 s, or "" where WeCom gives none (wecom-api.md 3.7)."""
    if not wanted or employee["console_welcome"] or person["type"] == 2:
        return ""
    code = corp.identifier("WELCOME", 36)
    corp.run(
        "INSERT INTO welcome (code, userid, external_userid, issued_at)"
        " VALUES (?, ?, ?, ?)",
        code,
        employee["userid"],
        person["external_userid"],
        corp.clock(),
    )
    return code

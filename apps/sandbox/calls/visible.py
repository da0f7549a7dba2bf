"""Whom the app can see: the visible range and the right to have customers.

An employee out of range is refused where he is named, with 60011 or what the knob
`out_of_range_errcode` says, and left out of lists silently (wecom-api.md 0.1).
"""

import sqlite3

from apps.sandbox.errors import Refusal
from apps.sandbox.records import Records


def employee(corp: Records, userid: str) -> sqlite3.Row:
    """A living employee in range; ids are compared without regard to case."""
    found = corp.row(
        "SELECT * FROM employee WHERE userid = ? AND resigned_at IS NULL", userid
    )
    if found is None:
        raise Refusal(60111)
    if not corp.in_range(found["userid"]):
        raise Refusal(corp.knobs.out_of_range_errcode)
    return found


def serving(corp: Records, userid: str) -> sqlite3.Row:
    """A living employee in range who may have customers."""
    found = employee(corp, userid)
    if not found["serves"]:
        raise Refusal(84074)
    return found


def listed_follow(corp: Records, userid: str, external_userid: str) -> sqlite3.Row:
    """The relation as the employee's side knows it: half added is none, a customer
    who deleted the employee still is one (wecom-api.md 1.4)."""
    who = serving(corp, userid)
    found = corp.row(
        "SELECT * FROM follow WHERE userid = ? AND external_userid = ?"
        " AND relation IN ('mutual', 'left')",
        who["userid"],
        external_userid,
    )
    if found is None:
        known = corp.value(
            "SELECT 1 FROM person WHERE external_userid = ?", external_userid
        )
        raise Refusal(84061 if known else 40096)
    return found

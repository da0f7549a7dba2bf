"""Whom an act is about: the one that was named, or one picked by chance."""

import sqlite3
from typing import Any

from apps.sandbox.records import CannotDo, Records


def any_of(corp: Records, statement: str, *values: Any) -> sqlite3.Row | None:
    """One row by chance; the statement ends where ORDER BY would stand."""
    count = corp.value(f"SELECT count(*) FROM ({statement})", *values)
    if not count:
        return None
    place = corp.random.randrange(count)
    return corp.row(f"{statement} LIMIT 1 OFFSET {place}", *values)


def employee(
    corp: Records, userid: str | None = None, *, serving: bool = True
) -> sqlite3.Row:
    """A living employee; if `serving`, one who may have customers."""
    if userid is not None:
        found = corp.row("SELECT * FROM employee WHERE userid = ?", userid)
        if found is None or found["resigned_at"] is not None:
            raise CannotDo(f"There is no employee {userid!r}.")
        if serving and not found["serves"]:
            raise CannotDo(f"{userid!r} may not have customers.")
        return found
    found = any_of(
        corp,
        "SELECT * FROM employee WHERE resigned_at IS NULL AND serves >= ?",
        int(serving),
    )
    if found is None:
        raise CannotDo("There is no such employee.")
    return found


def follow(
    corp: Records,
    userid: str | None,
    external_userid: str | None,
    *relations: str,
) -> sqlite3.Row:
    """A follow in one of these relations whose employee is still here."""
    conditions = [f"relation IN ({', '.join('?' * len(relations))})"]
    values: list[Any] = [*relations]
    for column, value in (("userid", userid), ("external_userid", external_userid)):
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    conditions.append(
        # The plus keeps SQLite from walking all employees' follows first.
        "+userid IN (SELECT userid FROM employee WHERE resigned_at IS NULL)"
    )
    where = " AND ".join(conditions)
    found = None
    if userid is None and external_userid is None:
        last = corp.value("SELECT max(id) FROM follow") or 0
        start = corp.random.randint(0, last)
        found = corp.row(
            f"SELECT * FROM follow WHERE id >= ? AND {where} ORDER BY id LIMIT 1",
            start,
            *values,
        )
    if found is None:
        found = corp.row(f"SELECT * FROM follow WHERE {where} LIMIT 1", *values)
    if found is None:
        raise CannotDo(
            f"No follow of {userid or 'anybody'} and {external_userid or 'anybody'} "
            f"is {' or '.join(relations)}."
        )
    return found


def group_chat(corp: Records, chat_id: str | None = None) -> sqlite3.Row:
    """A customer group that has not been dismissed."""
    statement = "SELECT * FROM group_chat WHERE dismissed_at IS NULL AND NOT internal"
    if chat_id is not None:
        found = corp.row(f"{statement} AND chat_id = ?", chat_id)
    else:
        found = any_of(corp, statement)
    if found is None:
        raise CannotDo(f"There is no group chat {chat_id or 'at all'}.")
    return found


def tag_group(corp: Records, group_id: str | None = None) -> sqlite3.Row:
    statement = "SELECT * FROM tag_group WHERE NOT deleted"
    if group_id is not None:
        found = corp.row(f"{statement} AND id = ?", group_id)
    else:
        found = any_of(corp, f"{statement} AND strategy_id IS NULL")
    if found is None:
        raise CannotDo(f"There is no tag group {group_id or 'at all'}.")
    return found


def tag(corp: Records, tag_id: str | None = None) -> sqlite3.Row:
    statement = "SELECT * FROM tag WHERE NOT deleted"
    if tag_id is not None:
        found = corp.row(f"{statement} AND id = ?", tag_id)
    else:
        found = any_of(corp, f"{statement} AND id LIKE 'et%'")
    if found is None:
        raise CannotDo(f"There is no tag {tag_id or 'at all'}.")
    return found


def department(corp: Records, department: int | None = None) -> sqlite3.Row:
    if department is not None:
        found = corp.row("SELECT * FROM department WHERE id = ?", department)
    else:
        found = any_of(corp, "SELECT * FROM department WHERE id > 1")
    if found is None:
        raise CannotDo(f"There is no department {department or 'below the first'}.")
    return found

"""A follow as it is told to us, and the temporary table it is laid into.

One row and a hundred thousand go the same way: COPY into a temporary table of the
session, then statements that insert or update only what differs.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """Who a contact is, as WeCom tells it with every follow (wecom-api.md 3.1)."""

    name: str = ""
    kind: int = 0
    gender: int = 0
    avatar: str = ""
    position: str = ""
    corp_name: str = ""
    union_id: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Details:
    """What one employee keeps about one contact. `phones` are whole and unsealed."""

    remark: str = ""
    description: str = ""
    remark_corp_name: str = ""
    phones: tuple[str, ...] = ()
    add_way: int | None = None
    added_by: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class FollowRow:
    """One employee and one contact are connected since `began_at`.

    `read_at` is the moment WeCom was asked; it is empty when a callback told us,
    which knows neither profile nor details. `state` is empty when not told.
    """

    external_id: str
    employee_id: int
    began_at: datetime
    confirmed: bool = True
    state: str = ""
    welcome_code: str = ""
    profile: Profile | None = None
    details: Details | None = None
    read_at: datetime | None = None

    @property
    def phones(self) -> tuple[str, ...]:
        return self.details.phones if self.details else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class EndRow:
    """The connection ended. Unless `known`, we only conclude it."""

    external_id: str
    employee_id: int
    ended_at: datetime
    ended_by: str
    known: bool = True


COLUMNS = {
    "identity_id": "bigint",
    "contact_id": "bigint",
    "employee_id": "bigint",
    "began_at": "timestamptz",
    "confirmed": "boolean",
    "state": "text",
    "read_at": "timestamptz",
    "told_profile": "boolean",
    "name": "text",
    "kind": "smallint",
    "gender": "smallint",
    "avatar": "text",
    "position": "text",
    "corp_name": "text",
    "union_id": "text",
    "told_details": "boolean",
    "remark": "text",
    "description": "text",
    "remark_corp_name": "text",
    "phones_sealed": "bytea",
    "phones_digest": "bytea",
    "add_way": "smallint",
    "added_by": "text",
}

CREATE = (
    "CREATE TEMP TABLE IF NOT EXISTS told_follow ({}) ON COMMIT DELETE ROWS".format(
        ", ".join(f'"{name}" {kind}' for name, kind in COLUMNS.items())
    )
)
COPY = "COPY told_follow ({}) FROM STDIN".format(
    ", ".join(f'"{name}"' for name in COLUMNS)
)


def lay_out(values: Iterable[tuple]) -> None:
    """Fill `told_follow` of this transaction with these values, in COLUMNS' order."""
    with connection.cursor() as cursor:
        cursor.execute(f"{CREATE}; DELETE FROM told_follow")
        with cursor.copy(COPY) as copy:
            for row in values:
                copy.write_row(row)

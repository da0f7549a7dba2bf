"""Rows of a model written many at once, by COPY: no INSERT comes near to it.

It is for rows that nothing stands in the way of: COPY knows no ON CONFLICT. What must
be compared with what is there goes through a temporary table instead.
"""

from collections.abc import Iterable
from typing import Any

from django.db import connection, models

NUMBERS = """
SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)
"""


def copy_in[Row: models.Model](
    rows: Iterable[Row], *, numbered: bool = False
) -> list[Row]:
    """Write these; `numbered` when their numbers are wanted afterwards."""
    rows = list(rows)
    if not rows:
        return rows
    model = type(rows[0])
    columns: list[Any] = [
        field
        for field in model._meta.concrete_fields
        if numbered or not isinstance(field, models.AutoField)
    ]
    if numbered:
        number(rows)
    quote = connection.ops.quote_name
    names = ", ".join(quote(field.column) for field in columns)
    statement = f"COPY {quote(model._meta.db_table)} ({names}) FROM STDIN"
    prepared = [(field.attname, field.get_db_prep_save) for field in columns]
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(
                [as_kept(getattr(row, a), connection) for a, as_kept in prepared]
            )
    return rows


def number(rows: list[Any]) -> None:
    """Numbers for rows that are not written yet."""
    table = rows[0]._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(NUMBERS, [table, len(rows)])
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk
            row._state.adding = False

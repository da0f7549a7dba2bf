"""Rows are taken for the length of a lease, and read in the same breath.

A claim is one statement and one transaction. It brings what every job of its kind needs
beside its own row, and leaves out what none reads: a handful costs what its rows cost.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.db import connection, models

if TYPE_CHECKING:
    from apps.common.jobs import Job

# A claim need not outlive a crash of the database: nobody waits for it to be on disk.
# Whoever claims such a job again finds it as it was, and its status says what is done.
CLAIM = """
    WITH free AS MATERIALIZED (
        SELECT {taken} FROM {table}
        WHERE lane = %s AND status = 'waiting' AND due_at <= %s
        ORDER BY due_at, id LIMIT %s FOR UPDATE SKIP LOCKED
    )
    UPDATE {table} SET due_at = %s, attempts = attempts + 1
    FROM {sources}
    WHERE {table}.id = free.id
    RETURNING {columns}
"""
IS_DUE = """(
    SELECT {number} FROM {table}
    WHERE lane = %(lane)s AND status = 'waiting' AND due_at <= %(at)s LIMIT 1
)"""
QUICKLY = "set_config('synchronous_commit', 'off', true)"

Reader = Callable[[Any], Any]


@dataclass(frozen=True)
class Shape:
    """The columns of a model that are read, and how each becomes a value."""

    model: type[models.Model]
    names: tuple[str, ...]
    readers: tuple[tuple[int, Reader], ...]

    @classmethod
    def of(cls, model: type[models.Model], *, without: Sequence[str] = ()) -> "Shape":
        fields = [f for f in model._meta.concrete_fields if f.name not in without]
        return cls(
            model,
            tuple(field.attname for field in fields),
            tuple(
                (place, reader)
                for place, field in enumerate(fields)
                if (reader := reader_of(field))
            ),
        )

    @property
    def columns(self) -> list[str]:
        table = self.model._meta.db_table
        return [f"{table}.{name}" for name in self.names]

    def row(self, values: Sequence[Any]) -> Any:
        if self.readers:
            values = list(values)
            for place, read in self.readers:
                values[place] = read(values[place])
        return self.model.from_db(connection.alias, self.names, values)


@dataclass(frozen=True)
class Way:
    """How the jobs of one model are claimed."""

    statement: str
    job: Shape
    needed: Shape | None
    field: Any  # by which a job knows the row that it needs

    def read(self, values: Sequence[Any]) -> "Job":
        width = len(self.job.names)
        job: Job = self.job.row(values[:width])
        if self.needed:
            self.field.set_cached_value(job, self.needed.row(values[width:]))
        return job


def claim(
    model: type["Job"], *, lane: str, at: datetime, until: datetime, handful: int
) -> list["Job"]:
    """The jobs that are ours until then, in the order of their numbers."""
    way = way_of(model)
    with connection.cursor() as cursor:
        cursor.execute(way.statement, [lane, at, handful, until])
        return sorted(map(way.read, cursor.fetchall()), key=lambda job: job.pk)


def with_work(
    kinds: Sequence[type["Job"]], *, lane: str, at: datetime
) -> list[type["Job"]]:
    """Those of which something is due in a lane, in one statement."""
    tables = tuple(kind._meta.db_table for kind in kinds)
    with connection.cursor() as cursor:
        cursor.execute(are_due(tables), {"lane": lane, "at": at})
        due = {number for (number,) in cursor.fetchall()}
    return [kind for number, kind in enumerate(kinds) if number in due]


@cache
def are_due(tables: tuple[str, ...]) -> str:
    return " UNION ALL ".join(
        IS_DUE.format(number=number, table=table) for number, table in enumerate(tables)
    )


@cache
def way_of(model: type["Job"]) -> Way:
    job, needed, field = Shape.of(model, without=model.UNREAD), None, None
    taken, sources, columns = "id", f"free, {QUICKLY}", job.columns
    if model.NEEDS:
        field = cast(models.ForeignKey, model._meta.get_field(model.NEEDS))
        needed = Shape.of(field.remote_field.model)
        other = needed.model._meta.db_table
        taken = f"id, {field.attname} AS needed"
        sources = f"free JOIN {other} ON {other}.id = needed, {QUICKLY}"
        columns = columns + needed.columns
    statement = CLAIM.format(
        table=model._meta.db_table,
        taken=taken,
        sources=sources,
        columns=", ".join(columns),
    )
    return Way(statement, job, needed, field)


def reader_of(field: Any) -> Reader | None:
    """From what the driver gives to what the model holds, where they differ."""
    column = field.get_col(field.model._meta.db_table)
    converters = [
        *connection.ops.get_db_converters(column),
        *field.get_db_converters(connection),
    ]
    if not converters:
        return None

    def read(value: Any) -> Any:
        for convert in converters:
            value = convert(value, column, connection)
        return value

    return read

"""Migrations that would hold people up, or break the version that still runs.

While a migration waits for its lock or reads a large table, everybody behind it waits;
and until the last process is replaced, two versions of us work on the same tables. So
what has landed is changed in steps (docs/deploy.md), each of which takes no long lock
and suits both versions. Tables that a migration makes itself are empty and nobody's:
there everything is allowed.

What was in use before this was asked is listed in landed_migrations.txt; so is what a
person has looked at and found harmless, with the reason behind it.

    python -m tests.migrations    names what is wrong; exit code 1 if anything is
"""

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.contrib.postgres.operations import (
    AddConstraintNotValid,
    AddIndexConcurrently,
    RemoveIndexConcurrently,
    ValidateConstraint,
)
from django.db import connection, models
from django.db.migrations import Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

LANDED = Path(__file__).parent / "landed_migrations.txt"

ADD_INDEX = "AddIndexConcurrently, in a migration with atomic = False"
CONCURRENTLY = (
    "make the index by RunSQL with CREATE UNIQUE INDEX CONCURRENTLY, in a migration "
    "with atomic = False; the state learns of it by SeparateDatabaseAndState"
)
NOT_NULL = (
    "AddConstraintNotValid with a CheckConstraint, ValidateConstraint in the next "
    "migration, then RunSQL with SET NOT NULL"
)
EXPAND = "add another beside it, write both, carry over, read the new one, then drop"
TAKE_OUT = (
    "take it out of the state by SeparateDatabaseAndState; a version later, drop it by "
    "RunSQL"
)

# What a statement of one's own must not say, and what to say instead.
STATEMENTS = {
    r"\bcreate\s+(unique\s+)?index\s+(?!concurrently)": "CREATE INDEX CONCURRENTLY",
    r"\bindex\s+concurrently\s+if\s+not\s+exists\b": "DROP INDEX CONCURRENTLY before "
    "it: one that was broken off is there, and is not valid",
    r"\bdrop\s+index\s+(?!concurrently)": "DROP INDEX CONCURRENTLY",
    r"\breindex\s+(?!.*concurrently)": "REINDEX … CONCURRENTLY",
    r"\badd\s+constraint\b(?!.*(\bnot\s+valid|\busing\s+index))": "NOT VALID, and "
    "VALIDATE CONSTRAINT in the next migration; or USING INDEX",
    r"\balter\s+(column\s+)?\S+\s+(set\s+data\s+)?type\b": EXPAND,
    r"\brename\b": EXPAND,
    r"\badd\s+column\b(?!.*\bdefault\b).*\bnot\s+null\b": "with DEFAULT, or NULL",
    r"\b(vacuum\s+full|cluster|lock\s+table|truncate)\b": "nothing that locks it whole",
}


def main() -> int:
    django.setup()
    found = list(locking(MigrationLoader(None), landed=landed()))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


def landed() -> set[tuple[str, str]]:
    """The migrations that are not asked about."""
    lines = [line.partition("#")[0] for line in LANDED.read_text().splitlines()]
    pairs = [line.split() for line in lines if line.strip()]
    return {(app, name) for app, name in pairs}


def locking(loader: MigrationLoader, *, landed: set[tuple[str, str]]) -> Iterator[str]:
    """What is wrong, a line to each, with what to do instead."""
    state = ProjectState(real_apps=loader.unmigrated_apps)
    for key in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[key]
        asked = key not in landed and migration.__module__.startswith("apps.")
        look = Look(migration)
        for operation in migration.operations:
            before = state.clone() if asked else state
            operation.state_forwards(migration.app_label, state)
            if asked:
                for wrong in look.at(operation, before, state):
                    yield f"{key[0]}.{key[1]}: {wrong}"


class Look:
    """At one migration, operation by operation."""

    def __init__(self, migration: Migration) -> None:
        self.app = migration.app_label
        self.atomic = migration.atomic
        self.made: set[str] = set()
        self.not_valid: set[str] = set()

    def at(
        self, operation: Operation, before: ProjectState, after: ProjectState
    ) -> Iterator[str]:
        match operation:
            case operations.CreateModel():
                self.made.add(operation.name_lower)
            case operations.SeparateDatabaseAndState():
                yield from self.apart(operation, before, after)
            case operations.RunPython() if self.atomic:
                yield (
                    "RunPython holds every row that it writes until its end: set "
                    "atomic = False, write in batches, and let it begin anew"
                )
            case operations.RunSQL():
                yield from statements(operation.sql)
            case _ if self.is_new(operation):
                pass
            case _:
                yield from self.on_a_table(operation, before, after)

    def apart(
        self,
        operation: operations.SeparateDatabaseAndState,
        before: ProjectState,
        after: ProjectState,
    ) -> Iterator[str]:
        for inner in operation.database_operations:
            yield from self.at(inner, before, after)
        for inner in operation.state_operations:
            if isinstance(inner, operations.RemoveField):
                field = field_of(before, self.app, inner)
                if not (field.null or field.has_db_default() or field.many_to_many):
                    yield (
                        f"{named(inner)} leaves a column that nobody fills: let it be "
                        f"null first, or give it a db_default"
                    )

    def is_new(self, operation: Operation) -> bool:
        model = getattr(operation, "model_name", getattr(operation, "name", ""))
        return model.lower() in self.made

    def on_a_table(
        self, operation: Operation, before: ProjectState, after: ProjectState
    ) -> Iterator[str]:
        name = named(operation)
        match operation:
            case AddIndexConcurrently() | RemoveIndexConcurrently():
                pass
            case operations.AddIndex():
                yield f"{name} lets nobody write meanwhile: {ADD_INDEX}"
            case operations.RemoveIndex():
                yield f"{name} waits for everybody: RemoveIndexConcurrently"
            case AddConstraintNotValid():
                self.not_valid.add(operation.constraint.name)
            case ValidateConstraint() if operation.name in self.not_valid:
                if self.atomic:
                    yield f"{name} under the lock of its making: the next migration"
            case operations.AddConstraint():
                if isinstance(operation.constraint, models.CheckConstraint):
                    yield (
                        f"{name} reads the table under a lock: AddConstraintNotValid, "
                        f"and ValidateConstraint in the next migration"
                    )
                else:
                    yield f"{name} reads the table under a lock: {CONCURRENTLY}"
            case operations.AddField():
                yield from added(name, operation.field)
            case operations.AlterField():
                old = field_of(before, self.app, operation)
                yield from altered(name, old, field_of(after, self.app, operation))
            case operations.RemoveField() | operations.DeleteModel():
                yield f"{name} breaks the version that still runs: {TAKE_OUT}"
            case (
                operations.RenameField()
                | operations.RenameModel()
                | operations.AlterModelTable()
            ):
                yield f"{name} breaks the version that still runs: {EXPAND}"
            case operations.AlterUniqueTogether() | operations.AlterIndexTogether():
                yield f"{name} reads the table under a lock: {CONCURRENTLY}"
            case operations.AlterOrderWithRespectTo():
                yield f"{name} adds a column that must be filled: {EXPAND}"


def named(operation: Operation) -> str:
    """Such as `AddField follow.remark`."""
    parts = [getattr(operation, "model_name", ""), getattr(operation, "name", "")]
    for holder in ("index", "constraint"):
        parts.append(getattr(getattr(operation, holder, None), "name", ""))
    return f"{type(operation).__name__} {'.'.join(part for part in parts if part)}"


def field_of(state: ProjectState, app: str, operation: Operation) -> models.Field:
    """As the migrations say it, by itself: models are not made for a look."""
    return state.models[app, operation.model_name_lower].get_field(operation.name)


def type_of(field: models.Field) -> str:
    """What a change of means that the column is another."""
    if field.remote_field:
        _name, _path, _given, how = field.deconstruct()
        return f"{how['to'].lower()}.{how.get('to_field', '')}"
    return field.db_type(connection) or ""


def added(name: str, field: models.Field) -> Iterator[str]:
    if field.many_to_many:
        return
    if field.db_index or field.unique:
        yield f"{name} makes an index with it: db_index=False, and {ADD_INDEX}"
    if field.generated:
        yield f"{name} writes the table anew: a plain column, filled in batches"
    elif field.has_db_default():
        if not isinstance(field._db_default_expression, models.Value):
            yield f"{name} may write the table anew: a db_default that is a value"
    elif not field.null:
        yield f"{name} is not filled by the version that still runs: a db_default"


def altered(name: str, old: models.Field, new: models.Field) -> Iterator[str]:
    if old.many_to_many or new.many_to_many:
        return
    if old.db_column != new.db_column:
        yield f"{name} breaks the version that still runs: {EXPAND}"
    if type_of(old) != type_of(new) and not widened(old, new):
        yield f"{name} writes the table anew: {EXPAND}"
    if old.null and not new.null:
        yield f"{name} reads the table under a lock: {NOT_NULL}"
    if (new.db_index or new.unique) and not (old.db_index or old.unique):
        yield f"{name} makes an index with it: {ADD_INDEX}"
    elif new.unique and not old.unique:
        yield f"{name} reads the table under a lock: {CONCURRENTLY}"
    if binds(new) and not binds(old):
        yield f"{name} reads both tables under locks: RunSQL with NOT VALID"


def widened(old: models.Field, new: models.Field) -> bool:
    """A longer varchar, or text in its place: nothing is written anew."""
    if not isinstance(old, models.CharField):
        return False
    if isinstance(new, models.TextField):
        return True
    longer = (new.max_length or sys.maxsize) >= (old.max_length or sys.maxsize)
    return isinstance(new, models.CharField) and longer


def binds(field: models.Field) -> bool:
    return bool(field.remote_field and getattr(field, "db_constraint", False))


def statements(sql) -> Iterator[str]:
    if sql == operations.RunSQL.noop:
        return
    parts = (
        [sql]
        if isinstance(sql, str)
        else [part if isinstance(part, str) else part[0] for part in sql]
    )
    for part in ";".join(parts).split(";"):
        said = " ".join(re.sub(r"--[^\n]*", "", part).lower().split())
        for pattern, instead in STATEMENTS.items():
            if re.search(pattern, said):
                yield f"RunSQL {said[:60]}: {instead}"


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    sys.exit(main())

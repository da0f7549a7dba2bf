"""A table is brought, its columns are explained, it is checked, written, taken back.

The file is kept as sealed parts of its rows, so that any worker on any machine can go
through them. A pass follows the other: nothing is written that was not checked under
these meanings, and what is written can be taken back as long as it is kept.
"""

import os
import re
from collections.abc import Sequence
from datetime import datetime
from itertools import batched
from typing import Any, BinaryIO

from django.db import transaction

from apps.audit.note import note
from apps.common.errors import Refused, RefusedBecause
from apps.common.jobs import Job
from apps.common.lanes import Lane
from apps.common.tables import read_table
from apps.imports.meanings import words_for
from apps.imports.models import PART, Import, ImportPart, Pass, sealed
from apps.staff.models import User

What = Pass.What


class OfWhichSystem(Refused):
    """Say which system these orders are from."""

    code = "of_which_system"


class MeaningsWillNotDo(RefusedBecause):
    """The columns cannot mean this."""

    code = "meanings_will_not_do"


class UnderWay(Refused):
    """This table is being worked on; wait until that has ended."""

    code = "import_under_way"


class NotChecked(Refused):
    """Check the table first."""

    code = "not_checked"


class WrittenAlready(Refused):
    """This table has been imported already."""

    code = "written_already"


class NothingToTakeBack(Refused):
    """Nothing of this table has been imported, or it is taken back already."""

    code = "nothing_to_take_back"


@transaction.atomic
def take_in(
    *,
    file: BinaryIO,
    name: str,
    by: User,
    at: datetime,
    kind: str = Import.Kind.CONTACTS,
    system: str = "",
) -> Import:
    """Read the file and keep its rows; guess what its columns mean."""
    if kind == Import.Kind.ORDERS and not system.strip():
        raise OfWhichSystem
    table = read_table(file)
    made = Import.objects.create(
        by=by,
        name=called(name),
        kind=kind,
        system=system.strip() if kind == Import.Kind.ORDERS else "",
        digest=table.digest,
        columns=table.columns,
        meanings=words_for(kind).guess(table.columns),
        brought_at=at,
    )
    rows = 0
    for number, part in enumerate(batched(table.rows, PART)):
        rows += len(part)
        kept = sealed([[row.number, row.cells] for row in part])
        ImportPart.objects.create(of=made, number=number, rows_sealed=kept)
    made.rows = rows
    made.save(update_fields=["rows"])
    after = {"rows": rows, "kind": kind, "system": made.system}
    noted(made, "added", at=at, after=after)
    return made


def called(name: str) -> str:
    """The name of a file as it may be shown: no path, no control characters."""
    kept = os.path.basename(name.replace("\\", "/"))
    return re.sub(r"[\x00-\x1f\x7f\u200e-\u200f\u202a-\u202e]", "", kept)[-100:] or "?"


@transaction.atomic
def check(*, of: Import, meanings: Sequence[str], at: datetime) -> Pass:
    """Say what the columns mean, and look what that would do."""
    of = held(of)
    if of.written_at:
        raise WrittenAlready
    words = words_for(of.kind)
    meanings = [
        meaning if meaning in dict(words.choices(column)) else ""
        for column, meaning in zip(of.columns, meanings, strict=True)
    ]
    if why := words.wrong_with(meanings):
        raise MeaningsWillNotDo(why)
    before, after = {"meanings": of.meanings}, {"meanings": meanings}
    of.meanings, of.counts = meanings, {}
    of.save(update_fields=["meanings", "counts"])
    noted(of, "import_checked", at=at, before=before, after=after)
    return begin(of, What.CHECK, at=at)


@transaction.atomic
def write(*, of: Import, at: datetime) -> Pass:
    of = held(of)
    if of.written_at:
        raise WrittenAlready
    if "check" not in of.counts:
        raise NotChecked
    of.written_at = at
    of.save(update_fields=["written_at"])
    noted(of, "import_written", at=at, after={"rows": of.rows})
    return begin(of, What.WRITE, at=at)


@transaction.atomic
def undo(*, of: Import, at: datetime) -> Pass:
    of = held(of)
    if not of.written_at or of.undone_at or not of.parts.exists():
        raise NothingToTakeBack
    of.undone_at = at
    of.save(update_fields=["undone_at"])
    noted(of, "taken_back", at=at, after={"rows": of.rows})
    return begin(of, What.UNDO, at=at)


def held(of: Import) -> Import:
    """The import as it is, while nothing goes through its rows."""
    of = Import.objects.select_for_update().get(pk=of.pk)
    if of.passes.filter(status__in=Job.UNFINISHED).exists():
        raise UnderWay
    return of


def begin(of: Import, what: str, *, at: datetime) -> Pass:
    made = Pass.objects.create(
        of=of, what=what, lane=Lane.BULK, total=of.rows, created_at=at, due_at=at
    )
    made.ring()
    return made


@transaction.atomic
def ask_to_cancel(*, of: Import, at: datetime) -> None:
    """It stops after the part that is being worked on."""
    if of.passes.filter(status__in=Job.UNFINISHED).update(cancel_asked=True):
        noted(of, "import_stopped", at=at, after={"rows": of.rows})


def noted(of: Import, deed: str, *, at: datetime, **facts: Any) -> None:
    """Nobody but whoever brought a table does anything with it."""
    note(deed=deed, by=of.by, at=at, about=of, **facts)

"""The rows of an export, written part by part; the file, put together as it is sent.

Each part is written in one transaction with the place where it ended. Whoever has lost
the right to see a row meanwhile does not get it. The last line of the file says who
took it out, when, and under which number.
"""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.common.forget import forget_some
from apps.common.jobs import Job
from apps.common.sealing import seal, unseal
from apps.common.spreadsheets import WATERMARK, as_csv, as_xlsx, lumps
from apps.common.wording import moment
from apps.exports.ask import may_export_whole
from apps.exports.columns import Column, chosen, rows_to_write
from apps.exports.models import PART, Export, ExportPart, Writing
from apps.staff.models import User

LEASE = timedelta(minutes=2)  # renewed with every part


class ExportStopped(Refused):
    """The export was stopped."""

    code = "export_stopped"


class RightsAreGone(Refused):
    """Whoever asked for it may not export this any more."""

    code = "export_rights_gone"


def advance(job: Writing) -> None:
    with job.consequences():
        columns: list[Column] | None = None
        job.refresh_from_db(fields=["done"])
        while True:
            columns = columns or chosen(job.of.kind, job.of.columns)
            if not one_part(job, columns):
                return


@transaction.atomic
def one_part(job: Writing, columns: list[Column]) -> bool:
    """False when the last one is done, or another has taken the job over."""
    if not job.still_mine():
        return False
    job.refresh_from_db(fields=["cancel_asked"])
    if job.cancel_asked:
        raise ExportStopped
    of, by = job.of, User.objects.get(pk=job.of.by_id)  # with the rights of this moment
    if not by.is_active or (of.whole and not may_export_whole(by)):
        raise RightsAreGone
    part = of.parts.filter(number=-(-job.done // PART)).first()
    if part is None:
        job.finish(Job.Status.DONE)
        return False
    kept = written(of, part, columns, by=by)
    ExportPart.objects.filter(pk=part.pk).update(rows_sealed=kept)
    job.done += len(part.about)
    job._write(done=job.done, due_at=timezone.now() + LEASE, bugs=0)
    return True


def written(of: Export, part: ExportPart, columns: list[Column], *, by: User) -> bytes:
    rows = rows_to_write(of.kind, part.about, by=by)
    said = [column.cells(rows, of.whole) for column in columns]
    table = [[cells.get(row.pk, "") for cells in said] for row in rows]
    return seal(json.dumps(table, ensure_ascii=False))


def file_of(of: Export) -> Iterator[bytes]:
    """The file, piece by piece: one part is held at a time."""
    lines = rows_of(of)
    return lumps(as_xlsx(lines) if of.form == Export.Form.XLSX else as_csv(lines))


def rows_of(of: Export) -> Iterator[list[str]]:
    titles = {column.name: str(column.title) for column in chosen(of.kind, of.columns)}
    yield list(titles.values())
    numbers = list(of.parts.order_by("number").values_list("pk", flat=True))
    for pk in numbers:
        kept = ExportPart.objects.filter(pk=pk).values_list("rows_sealed", flat=True)
        for sealed in kept:
            yield from json.loads(unseal(sealed))
    yield [watermark(of)]


def watermark(of: Export) -> str:
    words: dict[str, Any] = {
        "number": of,
        "who": of.by.get_full_name() or of.by.get_username(),
        "when": moment(of.asked_at),
    }
    told = gettext("export %(number)s, taken out by %(who)s at %(when)s") % words
    return f"{WATERMARK} {told}"


def forget_old(*, at: datetime) -> None:
    """Files are gone a day after they were asked for, or approved."""
    old = ExportPart.objects.filter(of__ends_at__lte=at).order_by("pk")
    forget_some(old, at_once=1_000)

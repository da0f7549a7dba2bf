"""An export is asked for, with a reason; more than a thousand whole rows are approved
by a second person. That it was asked for stands in the audit before a row is written.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import batched

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import localtime

from apps.audit.note import note
from apps.common.allowance import spend
from apps.common.clock import day_began
from apps.common.errors import MayNot, Refused
from apps.common.lanes import Lane
from apps.contacts.unmask import SHORTEST, may_see_whole
from apps.exports.columns import chosen
from apps.exports.models import ALIVE, PART, Export, ExportPart, Preset, Writing
from apps.staff.models import User

MOST_ROWS = 200_000
WHOLE_ALONE = 1_000  # rows with whole values that nobody else must approve
A_DAY = 20
WHOLE_A_DAY = 5


class WhatFor(Refused):
    """Say in a few words what you need the table for."""

    code = "export_without_reason"


class NoColumns(Refused):
    """Choose at least one column."""

    code = "export_without_columns"


class NothingToExport(Refused):
    """The list is empty: there is nothing to export."""

    code = "nothing_to_export"


class TooManyToExport(Refused):
    """The list has more than 200,000 rows; filter it further."""

    code = "too_many_to_export"


class NotWhole(MayNot):
    """Your role does not let you export whole values."""

    code = "may_not_export_whole"


class EnoughForToday(MayNot):
    """You have exported as often today as is allowed. Tomorrow is another day."""

    code = "enough_exports_today"


class NotToApprove(MayNot):
    """This export waits for nobody, or you have asked for it yourself."""

    code = "export_not_to_approve"


def may_export_whole(user: User) -> bool:
    return user.has_perm("exports.whole_export") and may_see_whole(user)


@transaction.atomic
def ask(
    *,
    kind: str,
    listed: QuerySet,
    query: str,
    columns: Sequence[str],
    form: str,
    whole: bool,
    reason: str,
    by: User,
    at: datetime,
) -> Export:
    """`listed` is what the person's list shows under its filter."""
    reason = " ".join(reason.split())[:200]
    names = [column.name for column in chosen(kind, columns)]
    if len(reason) < SHORTEST:
        raise WhatFor
    if not names:
        raise NoColumns
    if whole and not may_export_whole(by):
        raise NotWhole
    numbers = list(listed.values_list("pk", flat=True)[: MOST_ROWS + 1])
    if not numbers:
        raise NothingToExport
    if len(numbers) > MOST_ROWS:
        raise TooManyToExport
    for counter, limit in (("whole export", WHOLE_A_DAY), ("export", A_DAY)):
        if (whole or counter == "export") and spend(
            f"{counter}:{by.pk}", limit=limit, at=at, since=day_began(at)
        ).is_spent:
            raise EnoughForToday
    made = Export.objects.create(
        by=by,
        kind=kind,
        form=form,
        columns=names,
        query=query[:2_000],
        whole=whole,
        reason=reason,
        rows=len(numbers),
        name=f"{Export.Kind(kind).label}-{localtime(at):%Y%m%d-%H%M}.{form}",
        asked_at=at,
        needs_approval=whole and len(numbers) > WHOLE_ALONE,
        ends_at=at + ALIVE,
    )
    note(
        deed="exported",
        by=by,
        at=at,
        about=made,
        after={
            **{"kind": kind, "rows": made.rows, "columns": names, "whole": whole},
            **{"form": form, "filter": made.query},
        },
        reason=reason,
    )
    ExportPart.objects.bulk_create(
        ExportPart(of=made, number=n, about=list(part))
        for n, part in enumerate(batched(numbers, PART))
    )
    if not made.needs_approval:
        begin(made, at=at)
    return made


def begin(of: Export, *, at: datetime) -> None:
    job = Writing.objects.create(
        of=of, lane=Lane.BULK, total=of.rows, created_at=at, due_at=at
    )
    job.ring()


@transaction.atomic
def approve(*, of: Export, by: User, at: datetime) -> None:
    of = to_decide(of, by=by, at=at)
    of.decided_by, of.decided_at, of.ends_at = by, at, at + ALIVE
    of.save(update_fields=["decided_by", "decided_at", "ends_at"])
    note(deed="approved", by=by, at=at, about=of, after={"rows": of.rows})
    begin(of, at=at)


@transaction.atomic
def refuse(*, of: Export, by: User, at: datetime) -> None:
    of = to_decide(of, by=by, at=at)
    of.decided_by, of.decided_at, of.refused = by, at, True
    of.save(update_fields=["decided_by", "decided_at", "refused"])
    of.parts.all().delete()
    note(deed="refused", by=by, at=at, about=of, after={"rows": of.rows})


def to_decide(of: Export, *, by: User, at: datetime) -> Export:
    of = Export.objects.select_for_update().get(pk=of.pk)
    waits = of.needs_approval and of.decided_at is None and not of.is_over(at=at)
    may = by.has_perm("exports.approve_export") and by.sees_everybody
    if not waits or not may or of.by_id == by.pk:
        raise NotToApprove
    return of


@transaction.atomic
def stop(*, of: Export, at: datetime) -> None:
    """It stops after the part that is being written; whoever asked for it stops it."""
    if Writing.objects.filter(of=of, status="waiting").update(cancel_asked=True):
        note(deed="export_stopped", by=of.by, at=at, about=of, after={"rows": of.rows})


@transaction.atomic
def keep_preset(*, kind: str, name: str, columns: Sequence[str], by: User) -> Preset:
    names = [column.name for column in chosen(kind, columns)]
    kept, _made = Preset.objects.update_or_create(
        by=by, kind=kind, name=name.strip()[:40], defaults={"columns": names}
    )
    return kept

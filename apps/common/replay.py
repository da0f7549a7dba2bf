"""Failed jobs are tried again, any number of them at once.

Five thousand in one statement, each batch committed for itself: what was reached when
the browser gave up stays done, and asking again goes on with the rest.

Where the same may be asked for only once at a time, the newest of several goes; the
others have nothing left to do. They are ignored, and counted as skipped.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from apps.common.jobs import Job, ring

BATCH = 5_000

Note = Callable[[list[int]], None]

AGAIN = {"status": Job.Status.WAITING, "attempts": 0, "bugs": 0, "done_at": None}


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """How many are being tried again, and how many had nothing left to do."""

    again: int = 0
    skipped: int = 0

    def __add__(self, other: "Replayed") -> "Replayed":
        return Replayed(
            again=self.again + other.again, skipped=self.skipped + other.skipped
        )


def replay(failed: QuerySet, *, at: datetime, note: Note | None = None) -> Replayed:
    """Those of the jobs that have failed, newest first. Others are left alone.

    `note` is told the numbers of each batch, in the batch's own transaction.
    """
    whole = Replayed()
    rows = failed.filter(status=Job.Status.FAILED).order_by("-pk")
    after = rows.values_list("pk", flat=True).first()
    while after is not None:
        batch, after = replay_batch(rows.filter(pk__lte=after), at=at, note=note)
        whole += batch
    return whole


@transaction.atomic
def replay_batch(
    rows: QuerySet, *, at: datetime, note: Note | None = None
) -> tuple[Replayed, int | None]:
    """The first batch of these, and the pk at which to go on."""
    locked = rows.select_for_update(skip_locked=True, of=("self",))
    pks = list(locked.values_list("pk", flat=True)[:BATCH])
    if not pks:
        return Replayed(), None
    jobs = rows.model._base_manager.filter(pk__in=pks, status=Job.Status.FAILED)
    twins = list(twins_of(jobs))
    mine = [pk for pk in pks if pk not in set(twins)]
    lanes = set(jobs.filter(pk__in=mine).values_list("lane", flat=True))
    refused = set_waiting(rows.model, mine, at=at)
    for lane in sorted(lanes):
        transaction.on_commit(partial(ring, lane), robust=True)
    skipped = [*twins, *refused]
    jobs.filter(pk__in=skipped).update(status=Job.Status.IGNORED, done_at=at)
    if note is not None:
        note(pks)
    return Replayed(again=len(mine) - len(refused), skipped=len(skipped)), pks[-1] - 1


def set_waiting(
    model: type[models.Model], pks: Sequence[int], *, at: datetime
) -> list[int]:
    """All in one statement; those that somebody has just asked anew are left over."""
    if not pks:
        return []
    try:
        with transaction.atomic():
            model._base_manager.filter(pk__in=pks).update(**AGAIN, due_at=at)
    except IntegrityError:
        if len(pks) == 1:
            return list(pks)
        half = len(pks) // 2
        first = set_waiting(model, pks[:half], at=at)
        return first + set_waiting(model, pks[half:], at=at)
    return []


def twins_of(jobs: QuerySet) -> set[int]:
    """Jobs that may not wait, because the same waits already or is newer among them."""
    found: set[int] = set()
    for constraint in jobs.model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint):
            continue
        if constraint.condition is None or not constraint.fields:
            continue
        bound = jobs.filter(if_it_waited(constraint.condition))
        same = {name: OuterRef(name) for name in constraint.fields}
        waiting = jobs.model._base_manager.filter(constraint.condition, **same)
        newest = Window(
            RowNumber(),
            partition_by=[F(name) for name in constraint.fields],
            order_by=F("pk").desc(),
        )
        numbered = bound.annotate(taken=Exists(waiting), number=newest)
        found |= {
            pk
            for pk, taken, number in numbered.values_list("pk", "taken", "number")
            if taken or number > 1
        }
    return found


def if_it_waited(condition: Q) -> Q:
    """The condition of a constraint, as it will hold for a job that waits."""
    waits = Q(pk__isnull=False)
    parts = [
        if_it_waited(part)
        if isinstance(part, Q)
        else waits
        if part == ("status", Job.Status.WAITING)
        else Q(part)
        for part in condition.children
    ]
    whole = Q(*parts, _connector=condition.connector)
    return ~whole if condition.negated else whole

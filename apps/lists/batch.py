"""Something is done to many rows: begun, paused, stopped, gone on with, taken back.

Up to two hundred are done at once, while the person waits; more are done by a worker,
and whoever asked for it may leave the page.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet

from apps.audit.note import note
from apps.common.errors import MayNot, Refused
from apps.common.jobs import Job
from apps.common.lanes import Lane, lease_of
from apps.lists.actions import Action, action_of
from apps.lists.models import Batch, BatchRow
from apps.staff.models import User
from apps.wecom.outbox import withdraw

AT_ONCE = 200  # rows that a person waits for
MOST = 100_000
NEVER = datetime(9000, 1, 1, tzinfo=UTC)
State = BatchRow.State

CHOSEN = """
INSERT INTO lists_batchrow (batch_id, number, state, why, journal)
SELECT %s, number, 'waiting', '', '{}' FROM unnest(%s::bigint[]) AS chosen (number)
"""
UNDOES = """
UPDATE lists_batchrow AS kept SET journal = jsonb_build_object('of', told.value)
FROM jsonb_each(%s::jsonb) AS told
WHERE kept.batch_id = %s AND kept.number = told.key::bigint
"""
TAKEN_BACK = """
INSERT INTO lists_batchrow (batch_id, number, state, why, journal)
SELECT %s, number, 'waiting', '', jsonb_build_object('of', journal)
FROM lists_batchrow WHERE batch_id = %s AND state = 'changed' ORDER BY id
"""


class NothingChosen(Refused):
    """Choose some rows first."""

    code = "nothing_chosen"


class TooMany(Refused):
    """That is more than 100,000 rows; filter for fewer."""

    code = "too_many_rows"


class NotAllowed(MayNot):
    """You may not do this."""

    code = "batch_not_allowed"


class HasEnded(Refused):
    """It has ended already."""

    code = "batch_has_ended"


class StillRuns(Refused):
    """It is still under way."""

    code = "batch_still_runs"


class NothingToUndo(Refused):
    """There is nothing that can be taken back, or it has been already."""

    code = "nothing_to_undo"


@transaction.atomic
def begin(
    *,
    action: Action,
    numbers: Sequence[int],
    options: dict[str, Any],
    by: User,
    at: datetime,
    of: Mapping[int, dict[str, Any]] | None = None,
) -> Batch:
    """A few belong to whoever calls: they must be worked off now. `of` is what was done
    to each row before, if that is to be undone."""
    if not action.is_open_to(by):
        raise NotAllowed
    if not numbers:
        raise NothingChosen
    if len(numbers) > MOST:
        raise TooMany
    made = Batch(list=action.list, action=action.name, options=options, by=by)
    place(made, many=len(numbers), at=at)
    with connection.cursor() as cursor:
        cursor.execute(CHOSEN, [made.pk, sorted(set(numbers))])
        if of:
            cursor.execute(UNDOES, [json.dumps(of), made.pk])
    noted(made, "batch", at=at)
    return made


@transaction.atomic
def undo(*, batch: Batch, by: User, at: datetime) -> Batch:
    """Of what it changed, nothing else: who had the tag before keeps it."""
    batch = held(batch)
    action = action_of(batch)
    if batch.status in Job.UNFINISHED:
        raise StillRuns
    many = batch.rows.filter(state=State.CHANGED).count()
    if not action.undone_by or batch.undoes_id or not many:
        raise NothingToUndo
    made = Batch(
        list=batch.list,
        action=action.undone_by,
        options=batch.options,
        by=by,
        undoes=batch,
    )
    if not action_of(made).is_open_to(by):
        raise NotAllowed
    try:
        with transaction.atomic():
            place(made, many=many, at=at)
    except IntegrityError as error:
        raise NothingToUndo from error
    with connection.cursor() as cursor:
        cursor.execute(TAKEN_BACK, [made.pk, batch.pk])
    noted(made, "batch_undone", at=at)
    return made


def place(made: Batch, *, many: int, at: datetime) -> None:
    made.total, made.created_at = many, at
    made.lane, made.due_at = Lane.BULK, at
    if is_small(made):
        made.attempts, made.due_at = 1, at + lease_of(Lane.BULK)
    made.save(force_insert=True)
    if not is_small(made):
        made.ring()


def is_small(batch: Batch) -> bool:
    return batch.total <= AT_ONCE


@transaction.atomic
def pause(*, batch: Batch, at: datetime) -> None:
    """What WeCom has been asked for is still answered; nothing more is asked."""
    batch = under_way(batch)
    take(batch, due_at=NEVER, paused_at=at)


@transaction.atomic
def go_on(*, batch: Batch, at: datetime) -> None:
    batch = under_way(batch)
    take(batch, due_at=at, paused_at=None)
    batch.ring()


@transaction.atomic
def stop(*, batch: Batch, at: datetime) -> None:
    """Nothing more is done from now on. What is done stays, and can be taken back."""
    batch = under_way(batch)
    asked = batch.rows.filter(state=State.ASKED)
    commands = {pk for row in asked for pk in row.journal.get("commands", ())}
    gone = withdraw(commands, at=at)
    left = [row.pk for row in asked if gone.issuperset(row.journal["commands"])]
    batch.rows.filter(pk__in=left).update(state=State.LEFT)
    batch.rows.filter(state=State.WAITING).update(state=State.LEFT)
    waits = batch.rows.filter(state=State.ASKED).exists()  # for calls under way
    done = {} if waits else {"status": Job.Status.DONE, "done_at": at}
    take(batch, due_at=at, paused_at=None, stopped_at=at, **done)
    if waits:
        batch.ring()
    noted(batch, "batch_stopped", at=at)


@transaction.atomic
def again(*, batch: Batch, states: Sequence[str], at: datetime) -> None:
    """Those that failed, or were left when it was stopped, are tried once more."""
    batch = held(batch)
    if batch.status in Job.UNFINISHED:
        raise StillRuns
    rows = batch.rows.filter(state__in=states)
    if not rows.update(state=State.WAITING, why=""):
        raise NothingChosen
    Batch.objects.filter(pk=batch.pk).update(
        status=Job.Status.WAITING,
        attempts=0,
        bugs=0,
        due_at=at,
        done_at=None,
        stopped_at=None,
        last_error="",
        done=batch.rows.exclude(state__in=BatchRow.OPEN).count(),
    )
    noted(batch, "batch_again", at=at)
    batch.ring()


def held(batch: Batch) -> Batch:
    return Batch.objects.select_for_update().get(pk=batch.pk)


def under_way(batch: Batch) -> Batch:
    """Waits for the handful that is being done; a moment."""
    batch = held(batch)
    if batch.status not in Job.UNFINISHED:
        raise HasEnded
    return batch


def take(batch: Batch, **fields: Any) -> None:
    """From whoever works on it, with a new ticket."""
    fields["attempts"] = batch.attempts + 1
    Batch.objects.filter(pk=batch.pk).update(**fields)


def noted(batch: Batch, deed: str, *, at: datetime) -> None:
    after = {"action": batch.action, "many": batch.total, **batch.options}
    note(deed=deed, by=batch.by, at=at, about=batch, after=after)


def lately(user: User, *, since: datetime) -> QuerySet[Batch]:
    """Their batches that are under way, or long ones that have just ended; what is
    under way first. An index has them by person."""
    runs = Q(status__in=Job.UNFINISHED)
    ended = Q(done_at__gte=since, total__gt=AT_ONCE)
    mine = Batch.objects.filter(runs | ended, by=user)
    return mine.order_by(F("done_at").asc(nulls_first=True), "-pk")

"""One batch is worked on, a handful of rows at a time.

A handful and where it ended are written in one transaction: whoever dies costs that
handful, and nothing is done twice. Whoever asked for it must still be let in, still be
allowed to do it, and still see each row at that moment.

Where WeCom must be asked, the question goes out as a command, and the row waits for its
outcome. Only so many are asked at a time, so that others have their turn.
"""

import json
from datetime import timedelta
from functools import partial

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext

from apps.common.errors import Refused
from apps.common.jobs import Job, drain
from apps.common.lanes import lease_of
from apps.lists.actions import Handful, action_of
from apps.lists.models import Batch, BatchRow
from apps.staff.models import User
from apps.wecom.errcodes import explain
from apps.wecom.models import Command

HANDFUL = 200
ASKED_AT_MOST = 50  # of WeCom, at a time
LOOK_AGAIN = timedelta(seconds=2)
State = BatchRow.State

WRITE = """
UPDATE lists_batchrow AS kept
SET state = told.state, why = told.why, journal = told.journal
FROM jsonb_to_recordset(%s::jsonb)
    AS told (id bigint, state text, why text, journal jsonb)
WHERE kept.id = told.id
"""


class MayNoLonger(Refused):
    """Whoever asked for this may no longer do it."""

    code = "batch_may_no_longer"


def advance(batch: Batch) -> None:
    """Go on from where it stands, to its end, or until WeCom must be waited for."""
    with batch.consequences():
        while one_handful(batch):
            pass


@transaction.atomic
def one_handful(batch: Batch) -> bool:
    """False when there is nothing more to do for now, or another has taken it over."""
    if not batch.still_mine():
        return False
    settle(batch)
    counts = counted(batch)
    asked = counts.get(State.ASKED, 0)
    batch.done = sum(n for state, n in counts.items() if state not in BatchRow.OPEN)
    room = ASKED_AT_MOST - asked if asked else HANDFUL
    waiting = batch.rows.filter(state=State.WAITING).order_by("pk")
    rows = list(waiting[: max(room, 0)])
    now = timezone.now()
    if rows:
        work(batch, rows)
        batch.done += sum(row.state not in BatchRow.OPEN for row in rows)
        batch._write(done=batch.done, due_at=now + lease_of(batch.lane), bugs=0)
        return True
    if not asked:
        batch._write(done=batch.done)
        batch.finish(Job.Status.DONE)
        return False
    batch._write(done=batch.done, due_at=now + LOOK_AGAIN, bugs=0)
    transaction.on_commit(partial(ring_soon, batch.lane), robust=True)
    return False


def ring_soon(lane: str) -> None:
    """If nobody hears it, the sweep rings within half a minute."""
    after = LOOK_AGAIN.total_seconds()
    drain.apply_async(args=[lane], queue=lane, countdown=after, retry=False)


def counted(batch: Batch) -> dict[str, int]:
    by_state = batch.rows.order_by().values("state").annotate(many=Count("pk"))
    return dict(by_state.values_list("state", "many"))


def work(batch: Batch, rows: list[BatchRow]) -> None:
    action = action_of(batch)
    by = User.objects.get(pk=batch.by_id)  # with the rights of this moment
    if not by.is_active or not action.is_open_to(by):
        raise MayNoLonger
    model = apps.get_model(batch.list)
    seen = model._default_manager.visible_to(by)
    handful = Handful(
        batch=batch,
        rows={row.number: row for row in rows},
        things=seen.in_bulk([row.number for row in rows]),
        by=by,
        at=timezone.now(),
    )
    for number in handful.rows.keys() - handful.things.keys():
        why = gettext("No longer there, or you may not see it any more.")
        handful.failed(number, why)
    if handful.things and action.do:
        action.do(handful)
    write(rows)


def write(rows: list[BatchRow]) -> None:
    """What became of them, in one statement."""
    told = [
        {"id": row.pk, "state": row.state, "why": row.why, "journal": row.journal}
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [json.dumps(told)])


def settle(batch: Batch) -> None:
    """Look what became of those about whom WeCom was asked."""
    rows = list(batch.rows.filter(state=State.ASKED))
    if not rows:
        return
    commands = Command.objects.in_bulk(
        [pk for row in rows for pk in row.journal["commands"]]
    )
    settled = []
    for row in rows:
        mine = [commands.get(pk) for pk in row.journal["commands"]]
        if any(each and each.status in Job.UNFINISHED for each in mine):
            continue
        bad = [why_not(each) for each in mine if each is None or has_failed(each)]
        same = [each.pk for each in mine if each and was_so(each)]
        row.journal["same"] = same
        row.why = bad[0][:300] if bad else ""
        if bad:
            row.state = State.FAILED
        elif len(same) == len(mine) and not row.journal.get("changed"):
            row.state = State.SAME
        else:
            row.state = State.CHANGED
        settled.append(row)
    write(settled)


def has_failed(command: Command) -> bool:
    done = command.status == Job.Status.DONE or was_so(command)
    return not done or bool(command.errcode)


def was_so(command: Command) -> bool:
    """WeCom agreed, and nothing became different. What was withdrawn has no code."""
    return command.status == Job.Status.IGNORED and command.errcode == 0


def why_not(command: Command | None) -> str:
    if command is None:
        return gettext("Nobody knows any more what WeCom answered.")
    if command.errcode:
        found = explain(command.errcode)
        return f"{found.cause}，{found.remedy}（{command.errcode}）"
    return command.last_error or gettext("It was withdrawn before WeCom was asked.")

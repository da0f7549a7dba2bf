"""A handful of jobs, worked off in one transaction: that is what makes them cheap.

Those whose turn somebody else has are left for the next handful, so that nobody waits
while there is something to do. When one of them does not work, nothing has happened,
and each is worked off in a transaction of its own. So are those that have been tried
before.
"""

import logging
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import connection, transaction

from apps.common.clock import now
from apps.common.deadline import deadline
from apps.common.faults import reached
from apps.common.tracing import named
from apps.common.turns import take_free_turns, take_turns

if TYPE_CHECKING:
    from apps.common.jobs import Job

logger = logging.getLogger(__name__)

TRIES = 2  # in company: one that was tried once may have died with another's worker

FINISH = """
    UPDATE {table} SET status = %s, done_at = %s, last_error = ''
    WHERE id = ANY(%s) AND attempts = %s AND status = 'waiting'
"""


class NoLongerOurs(Exception):
    """We slept past the lease, and somebody else has claimed one of them."""


def work_off_together(
    jobs: Sequence["Job"], *, enough: timedelta, limit: timedelta
) -> Sequence["Job"]:
    """Those that are left: all, if one does not work; else what is not begun in time,
    or not our turn.

    After `enough` what is done is committed, so that nobody waits long for a turn.
    """
    if len(jobs) < 2 or any(job.attempts > TRIES for job in jobs):
        return jobs
    try:
        with transaction.atomic(), deadline(limit):
            outcomes = work(jobs, enough=enough)
            finish(outcomes)
            reached("w.after_apply_before_commit")
    except Exception as problem:  # noqa: BLE001 - alone, each shows whose it is
        logger.info("a handful is taken apart: %s", type(problem).__name__)
        return jobs
    return [job for job in jobs if job not in outcomes]


def work(jobs: Sequence["Job"], *, enough: timedelta) -> dict["Job", str]:
    """What became of those that are begun in time."""
    model, began = type(jobs[0]), time.monotonic()
    jobs = those_whose_turn_it_is(jobs)
    outcomes: dict[Job, str] = {}
    for part in model.parts_of(jobs):
        if outcomes and time.monotonic() - began > enough.total_seconds():
            break
        with named(*part):
            outcome = model.work_at_once(part)
        outcomes |= dict.fromkeys(part, outcome or model.Status.DONE)
    return outcomes


def those_whose_turn_it_is(jobs: Sequence["Job"]) -> Sequence["Job"]:
    """Those before whom nobody stands; if there are none, all, once it is theirs."""
    names = {name for job in jobs for name in job.turns()}
    if not names:
        return jobs
    free = take_free_turns(*names)
    mine = [job for job in jobs if free.issuperset(job.turns())]
    if not mine:
        # all at once and sorted, or two handfuls might wait for each other
        take_turns(*names)
    return mine or jobs


def finish(outcomes: Mapping["Job", str]) -> None:
    """Mark them, if every claim is still ours; whoever claims later finds them so."""
    table = next(iter(outcomes))._meta.db_table
    alike: dict[tuple[str, int], list[int]] = defaultdict(list)
    for job, outcome in outcomes.items():
        alike[outcome, job.attempts].append(job.pk)
    with connection.cursor() as cursor:
        for (outcome, ticket), ids in alike.items():
            cursor.execute(FINISH.format(table=table), [outcome, now(), ids, ticket])
            if cursor.rowcount != len(ids):
                raise NoLongerOurs

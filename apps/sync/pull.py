"""WeCom is read once more, page by page, and merged as it comes.

A page and the place where it ended are written in one transaction: a kill costs the
page that was being read. The first pull tells history, every later one compares first
and keeps what differed. How a page is kept is in keep.py; what WeCom no longer lists
is dealt with in gone.py; what belongs to a scope is said in steps.py.

One pull reads at a time. A pull that finds another under way waits its turn, and one
of each scope waits at most.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from types import ModuleType

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from apps.common.clock import now
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.common.lanes import Lane
from apps.common.turns import take_turns
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.sync.audit import drift_found
from apps.sync.gone import conclude
from apps.sync.keep import NOTED, add_chains, count, note, take
from apps.sync.models import Chain, Pull
from apps.sync.page import Tally
from apps.sync.reading import read
from apps.sync.steps import steps_of

TURN = timedelta(seconds=15)  # until a pull that waits for another looks again
Watch = Callable[[Pull], None]
Scope = Pull.Scope


class PullCancelled(Refused):
    """The pull was cancelled."""

    code = "pull_cancelled"


class PullUnderWay(Exception):
    """Another process is reading from WeCom already."""


# --- asking for a pull ----------------------------------------------------------------


@transaction.atomic
def start_pull(
    *,
    by: User | None,
    at: datetime,
    scope: str = Scope.WHOLE,
    looks_only: bool = False,
    accounts: Iterable[str] = (),
    afresh: bool = False,
    due_at: datetime | None = None,
) -> Pull:
    """A new pull, or one of the same kind that has not finished yet.

    `afresh` does not join one that has begun: what it read already may be too old.
    `at` is never in the future, as a command may read it before it is due: what
    began since then, and was not listed yet, would be taken for gone.
    """
    take_turns("start a pull")
    accounts = sorted(accounts)
    pull = joined(scope, looks_only, accounts, afresh=afresh)
    if pull is None:
        pull = Pull.objects.create(
            lane=Lane.BULK,
            scope=scope,
            looks_only=looks_only,
            accounts=accounts,
            source=source_of(scope, looks_only),
            asked_by=by,
            due_at=due_at or at,
            created_at=at,
        )
    pull.ring()
    return pull


def joined(
    scope: str, looks_only: bool, accounts: list[str], *, afresh: bool
) -> Pull | None:
    """One that is asked for already; if it has not begun, it reads these as well."""
    alike = Pull.objects.unfinished().filter(scope=scope, looks_only=looks_only)
    waiting = alike.filter(doing="").select_for_update().first()
    if waiting is not None:
        everybody = not (accounts and waiting.accounts)
        both = [] if everybody else sorted({*accounts, *waiting.accounts})
        if both != waiting.accounts:
            waiting.accounts = both
            waiting.save(update_fields=["accounts"])
        return waiting
    return None if afresh else alike.order_by("-pk").first()


def source_of(scope: str, looks_only: bool) -> str:
    """Until everything has been read once, reading it is told as history."""
    if scope == Scope.WHOLE and not looks_only and not has_pulled():
        return EventRecord.Source.FIRST_PULL
    return EventRecord.Source.RECONCILE


def has_pulled() -> bool:
    """Has everything been read from WeCom at least once?

    A part is only read after that. Pulls are forgotten after a month, and a company
    that reads a part every night reads everything in one pull never again.
    """
    read = Pull.objects.filter(scope__in=[Scope.WHOLE, Scope.PART], looks_only=False)
    return read.filter(status=Job.Status.DONE).exists()


def ask_to_cancel(*, pull: Pull) -> None:
    Pull.objects.filter(pk=pull.pk).update(cancel_asked=True)


# --- reading ------------------------------------------------------------------------


def advance(*, pull: Pull, watch: Watch | None = None) -> None:
    """Read on from where the pull stands, to its end. One process at a time."""
    with pull.consequences():
        try:
            with alone():
                run(pull, watch=watch)
        except PullUnderWay:
            wait_its_turn(pull)
    if watch:
        pull.refresh_from_db()
        watch(pull)


@contextmanager
def alone() -> Iterator[None]:
    """A lock of the session: it is free again the moment its process dies."""
    name = ["pull"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", name)
        if not cursor.fetchone()[0]:
            raise PullUnderWay
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def wait_its_turn(pull: Pull) -> None:
    """To look again soon: waiting is no failure, and is not counted as one."""
    Pull.objects.filter(pk=pull.pk, status=Job.Status.WAITING).update(
        due_at=now() + TURN, attempts=Greatest(F("attempts"), 1) - 1
    )


def run(pull: Pull, *, watch: Watch | None) -> None:
    pull.refresh_from_db()
    if pull.status != Job.Status.WAITING:
        return  # somebody else has finished it meanwhile
    begin(pull)
    for step in steps_of(pull):
        chains_of(pull, step)
        told(pull, step, watch)
        read_on(pull, step, watch)
        if doubt(pull, step):
            read_on(pull, step, watch)
        conclude(pull, step)
    finish(pull)


def begin(pull: Pull) -> None:
    """From now on nobody widens it any more (see `joined`)."""
    first = steps_of(pull)[0].NAME
    Pull.objects.filter(pk=pull.pk, doing="").update(doing=first)
    pull.refresh_from_db()


def read_on(pull: Pull, step: ModuleType, watch: Watch | None) -> None:
    """Read what is unread; once more for chains that were split in two meanwhile."""
    while unread := [chain for chain in chains_of(pull, step) if not chain.done]:
        for answer in read(step, unread):
            take(pull, step, answer)
            told(pull, step, watch)


@transaction.atomic
def doubt(pull: Pull, step: ModuleType) -> bool:
    """Some steps ask once more, one by one, for what the first round left open."""
    if not hasattr(step, "doubts") or step.NAME in pull.counts.get("doubted", []):
        return False
    seen: dict[str, set[str]] = defaultdict(set)
    for whole, item in pull.sightings.filter(step=step.NAME).values_list(
        "whole", "item"
    ):
        seen[whole].add(item)
    planned = step.doubts(seen, before=pull.created_at)
    add_chains(pull, step, planned)
    note(pull, lambda counts: counts.setdefault("doubted", []).append(step.NAME))
    return bool(planned)


def told(pull: Pull, step: ModuleType, watch: Watch | None) -> None:
    """Stop when asked to; let whoever watches know where we are."""
    pull.refresh_from_db()
    if pull.cancel_asked:
        raise PullCancelled
    pull.doing = step.NAME
    if watch:
        watch(pull)


def chains_of(pull: Pull, step: ModuleType) -> list[Chain]:
    """The chains of a step, planned when it is reached for the first time."""
    known = list(pull.chains.filter(step=step.NAME).order_by("number"))
    if known or step.NAME in pull.counts:
        return known
    planned = step.plan(pull)
    with transaction.atomic():
        add_chains(pull, step, planned)
        count(pull, step, Tally())
        Pull.objects.filter(pk=pull.pk).update(calls=F("calls") + 1, doing=step.NAME)
    return list(pull.chains.filter(step=step.NAME).order_by("number"))


@transaction.atomic
def finish(pull: Pull) -> None:
    """Done; what was planned and seen is needed no more."""
    if pull.scope == Scope.AUDIT:
        drift = drift_found(pull)
        note(pull, lambda counts: counts.update(audit=drift))
    pull.refresh_from_db()
    Pull.objects.filter(pk=pull.pk).update(
        status=Job.Status.DONE,
        done_at=now(),
        done=F("total"),
        doing="",
        last_error="",
    )
    forget_sightings(pull)
    pull.chains.all().delete()
    pull.refresh_from_db()


def forget_sightings(pull: Pull) -> None:
    """But for those of which a person may still be asked: an hourly sweep that holds
    one employee's list back must not keep everybody's."""
    asked: dict[str, set[str]] = defaultdict(set)
    for each in pull.held_back:
        asked[each["step"]].add(each["whole"][:NOTED])
    seen = pull.sightings.all()
    for step, wholes in asked.items():
        seen = seen.exclude(step=step, whole__in=wholes)
    seen.delete()

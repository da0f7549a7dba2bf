"""Everything is read from WeCom once more, page by page, and merged as it comes.

A page and the place where it ended are written in one transaction: a kill costs the
page that was being read. The first pull tells history, every later one compares first
and keeps what differed. What WeCom no longer lists is dealt with in gone.py.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timedelta
from types import ModuleType

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from apps.common.errors import Refused, TryLater
from apps.common.jobs import Job, Lane
from apps.events.models import EventRecord
from apps.staff.models import User
from apps.sync.gone import conclude, keep_differences
from apps.sync.models import Chain, Pull, Sighting
from apps.sync.page import Found, Page, Tally
from apps.sync.reading import Answer, read
from apps.sync.steps import STEPS
from apps.wecom.errors import WeComRefused

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # renewed with every page
Watch = Callable[[Pull], None]


class PullCancelled(Refused):
    """The pull was cancelled."""

    code = "pull_cancelled"


class PullUnderWay(Exception):
    """Another process is reading from WeCom already."""


@transaction.atomic
def start_pull(*, by: User | None, at: datetime) -> Pull:
    """A new pull, or the one that has not finished yet."""
    unfinished = Pull.objects.unfinished().order_by("pk").first()
    if unfinished is None:
        complete = Pull.objects.filter(status=Job.Status.DONE).exists()
        source = EventRecord.Source.RECONCILE
        if not complete:
            source = EventRecord.Source.FIRST_PULL
        unfinished = Pull.objects.create(
            lane=Lane.BULK, source=source, asked_by=by, due_at=at, created_at=at
        )
    unfinished.ring()
    return unfinished


def ask_to_cancel(*, pull: Pull) -> None:
    Pull.objects.filter(pk=pull.pk).update(cancel_asked=True)


def advance(*, pull: Pull, watch: Watch | None = None) -> None:
    """Read on from where the pull stands, to its end. One process at a time."""
    try:
        with alone():
            run(pull, watch=watch)
    except PullUnderWay:
        return  # that process goes on with it; should it die, the lease runs out
    except Refused as final:
        pull.give_up(str(final))
    except TryLater as later:
        pull.put_off(str(later), after=later.after)
    except Exception as bug:  # noqa: BLE001 - as in Job.work_off
        pull.stumble(bug)
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


def run(pull: Pull, *, watch: Watch | None) -> None:
    pull.refresh_from_db()
    if pull.status != Job.Status.WAITING:
        return  # somebody else has finished it meanwhile
    for step in STEPS.values():
        chains_of(pull, step)
        told(pull, step, watch)
        read_on(pull, step, watch)
        if doubt(pull, step):
            read_on(pull, step, watch)
        conclude(pull, step)
    finish(pull)


def read_on(pull: Pull, step: ModuleType, watch: Watch | None) -> None:
    """Read what is unread; once more for chains that were split in two meanwhile."""
    while unread := [chain for chain in chains_of(pull, step) if not chain.done]:
        for answer in read(step, unread):
            take(pull, step, answer)
            told(pull, step, watch)


@transaction.atomic
def doubt(pull: Pull, step: ModuleType) -> bool:
    """Some steps ask once more, one by one, for what they hold and did not see."""
    doubted = pull.counts.get("doubted", [])
    if not hasattr(step, "doubts") or step.NAME in doubted:
        return False
    seen: dict[str, set[str]] = defaultdict(set)
    for whole, item in pull.sightings.filter(step=step.NAME).values_list(
        "whole", "item"
    ):
        seen[whole].add(item)
    planned = step.doubts(seen, before=pull.created_at)
    add_chains(pull, step, planned)
    pull.counts["doubted"] = [*doubted, step.NAME]
    Pull.objects.filter(pk=pull.pk).update(counts=pull.counts)
    return bool(planned)


def add_chains(pull: Pull, step: ModuleType, planned: list[list[str]]) -> None:
    after = pull.chains.filter(step=step.NAME).count()
    Chain.objects.bulk_create(
        Chain(pull=pull, step=step.NAME, number=after + number, keys=keys)
        for number, keys in enumerate(planned)
    )
    Pull.objects.filter(pk=pull.pk).update(
        total=F("total") + sum(len(keys) for keys in planned)
    )


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
    planned = step.plan()
    with transaction.atomic():
        add_chains(pull, step, planned)
        pull.counts[step.NAME] = asdict(Tally())
        Pull.objects.filter(pk=pull.pk).update(
            counts=pull.counts, calls=F("calls") + 1, doing=step.NAME
        )
    return list(pull.chains.filter(step=step.NAME).order_by("number"))


def take(pull: Pull, step: ModuleType, answer: Answer) -> None:
    """Keep a page and the place where it ended, or deal with the error instead."""
    chain: Chain = answer.chain  # type: ignore[assignment]
    if answer.page is not None:
        keep(pull, step, chain, answer.page)
        return
    error = answer.error
    assert error is not None
    if not isinstance(error, WeComRefused) or error.errcode not in step.PASSED_OVER:
        raise error
    pass_over(pull, step, chain, error)


@transaction.atomic
def keep(pull: Pull, step: ModuleType, chain: Chain, page: Page) -> None:
    at = timezone.now()
    counted = dict(pull.counts)
    found: list[Found] = []
    if pull.source != EventRecord.Source.FIRST_PULL:
        found = step.compare(page.rows)
        keep_differences(pull, step, found)
    tally = step.merge(page.rows, source=pull.source, at=at)
    Sighting.objects.bulk_create(
        [
            Sighting(pull=pull, step=step.NAME, whole=whole[:64], item=item[:64])
            for whole, item in step.sightings(page.rows)
        ],
        ignore_conflicts=True,
    )
    chain.cursor, chain.pages = page.next_cursor, chain.pages + 1
    chain.done = not page.next_cursor
    chain.save(update_fields=["cursor", "pages", "done"])
    counted[step.NAME] = asdict(Tally(**counted[step.NAME]) + tally)
    Pull.objects.filter(pk=pull.pk).update(
        counts=counted,
        calls=F("calls") + page.calls,
        done=F("done") + (len(chain.keys) if chain.done else 0),
        due_at=at + LEASE,
        attempts=0,  # they count failures without a page in between
        bugs=0,
    )


@transaction.atomic
def pass_over(
    pull: Pull, step: ModuleType, chain: Chain, refusal: WeComRefused
) -> None:
    """WeCom refuses one key: find out which, and leave only that one out."""
    half = len(chain.keys) // 2
    if half:
        add_chains(pull, step, [chain.keys[:half], chain.keys[half:]])
        Pull.objects.filter(pk=pull.pk).update(total=F("total") - len(chain.keys))
        chain.keys = []
    else:
        logger.info("passed over in a pull", extra={"errcode": refusal.errcode})
        counted = dict(pull.counts)
        counted.setdefault("passed_over", []).append(
            {"step": step.NAME, "key": chain.keys[0], "why": str(refusal)}
        )
        Pull.objects.filter(pk=pull.pk).update(counts=counted, done=F("done") + 1)
    chain.done = True
    chain.save(update_fields=["keys", "done"])


@transaction.atomic
def finish(pull: Pull) -> None:
    """Done; sightings are kept only while somebody may still ask for them."""
    pull.refresh_from_db()
    Pull.objects.filter(pk=pull.pk).update(
        status=Job.Status.DONE,
        done_at=timezone.now(),
        done=F("total"),
        doing="",
        last_error="",
    )
    if not pull.held_back:
        pull.sightings.all().delete()
    pull.chains.all().delete()
    pull.refresh_from_db()

"""Everything is read from WeCom once more, page by page, and merged as it comes.

A page and the place where it ended are written in one transaction: a kill costs the
page that was being read. The first pull tells history, every later one compares first
and keeps what differed. What WeCom no longer lists is only believed to be gone when
its whole list was read without an error, and when it is not too much at once: an empty
list, or more than five in a hundred, waits for a person to say so.
"""

import logging
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
from apps.sync import contacts, groups, staff, tags
from apps.sync.models import Chain, Difference, Pull, Sighting
from apps.sync.page import Found, Page, Tally
from apps.sync.reading import Answer, read
from apps.wecom.errors import WeComRefused

logger = logging.getLogger(__name__)

STEPS: dict[str, ModuleType] = {s.NAME: s for s in (staff, tags, contacts, groups)}
LEASE = timedelta(minutes=2)  # renewed with every page
BELIEVED = 0.05  # share of a list that may vanish at once
ALWAYS_BELIEVED = 3  # so few may always
KEPT = 10_000  # differences of one pull that are kept one by one
Watch = Callable[[Pull], None]


class PullCancelled(Refused):
    """The pull was cancelled."""

    code = "pull_cancelled"


class PullUnderWay(TryLater):
    """Another process is reading from WeCom already."""

    code = "pull_under_way"


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
            raise PullUnderWay(after=timedelta(seconds=5))
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", name)


def run(pull: Pull, *, watch: Watch | None) -> None:
    for step in STEPS.values():
        chains = chains_of(pull, step)
        step_is_open = any(not chain.done for chain in chains)
        told(pull, step, watch)
        if step_is_open:
            for answer in read(step, [c for c in chains if not c.done]):
                take(pull, step, answer)
                told(pull, step, watch)
            chains = chains_of(pull, step)
            # Chains that were split in two while they were read.
            while again := [chain for chain in chains if not chain.done]:
                for answer in read(step, again):
                    take(pull, step, answer)
                    told(pull, step, watch)
                chains = chains_of(pull, step)
        conclude(pull, step)
    finish(pull)


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
        chains = Chain.objects.bulk_create(
            Chain(pull=pull, step=step.NAME, number=number, keys=keys)
            for number, keys in enumerate(planned)
        )
        pull.counts[step.NAME] = asdict(Tally())
        Pull.objects.filter(pk=pull.pk).update(
            counts=pull.counts,
            calls=F("calls") + 1,
            doing=step.NAME,
            total=F("total") + sum(len(chain.keys) for chain in chains),
        )
    return chains


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
        bugs=0,
    )


@transaction.atomic
def pass_over(
    pull: Pull, step: ModuleType, chain: Chain, refusal: WeComRefused
) -> None:
    """WeCom refuses one key: find out which, and leave only that one out."""
    half = len(chain.keys) // 2
    if half:
        after = pull.chains.filter(step=step.NAME).count()
        Chain.objects.bulk_create(
            Chain(pull=pull, step=step.NAME, number=after + number, keys=keys)
            for number, keys in enumerate([chain.keys[:half], chain.keys[half:]])
        )
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


def keep_differences(pull: Pull, step: ModuleType, found: list[Found]) -> None:
    room = KEPT - pull.differences.count() if found else 0
    Difference.objects.bulk_create(
        Difference(pull=pull, step=step.NAME, **asdict(each)) for each in found[:room]
    )


# --- what is gone -------------------------------------------------------------------


def conclude(pull: Pull, step: ModuleType) -> None:
    """After the last page: what WeCom listed completely, and we hold beyond it."""
    passed_over = {
        step.whole_of(each["key"])
        for each in pull.counts.get("passed_over", [])
        if each["step"] == step.NAME
    }
    keys = [key for chain in pull.chains.filter(step=step.NAME) for key in chain.keys]
    for whole in sorted({step.whole_of(key) for key in keys} - passed_over):
        conclude_whole(pull, step, whole)


@transaction.atomic
def conclude_whole(pull: Pull, step: ModuleType, whole: str) -> None:
    seen = set(
        pull.sightings.filter(step=step.NAME, whole=whole).values_list(
            "item", flat=True
        )
    )
    gone = step.missing(whole, seen, before=pull.created_at)
    if not gone:
        return
    held = step.held(whole)
    asked = {"step": step.NAME, "whole": whole, "items": gone, "held": held}
    if any(a["step"] == step.NAME and a["whole"] == whole for a in pull.held_back):
        return
    if is_too_much(gone=len(gone), held=held, seen=len(seen)):
        pull.held_back = [*pull.held_back, asked]
        Pull.objects.filter(pk=pull.pk).update(held_back=pull.held_back)
        return
    remove(pull, step, whole, gone)


def is_too_much(*, gone: int, held: int, seen: int) -> bool:
    """More than we believe without asking: an empty list, or a twentieth at once."""
    return not seen or gone > max(ALWAYS_BELIEVED, held * BELIEVED)


def remove(pull: Pull, step: ModuleType, whole: str, items: list[str]) -> None:
    found = [
        Found(
            thing=step.NAME,
            kind=Difference.Kind.MISSING_THERE,
            subject=" · ".join(filter(None, [whole, item])),
        )
        for item in items
    ]
    keep_differences(pull, step, found)
    step.end(whole, items, source=pull.source, at=pull.created_at)
    pull.refresh_from_db(fields=["counts"])
    pull.counts[step.NAME]["gone"] += len(items)
    Pull.objects.filter(pk=pull.pk).update(counts=pull.counts)


@transaction.atomic
def believe_removals(*, pull: Pull, by: User, at: datetime) -> int:
    """A person says that what was held back is really gone. Answers how many."""
    pull = Pull.objects.select_for_update().get(pk=pull.pk)
    believed = 0
    for each in pull.held_back:
        step = STEPS[each["step"]]
        seen = pull.sightings.filter(step=step.NAME, whole=each["whole"])
        still = step.missing(
            each["whole"],
            set(seen.values_list("item", flat=True)),
            before=pull.created_at,
        )
        items = sorted(set(each["items"]) & set(still))
        remove(pull, step, each["whole"], items)
        believed += len(items)
    Pull.objects.filter(pk=pull.pk).update(held_back=[])
    pull.sightings.all().delete()
    return believed


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

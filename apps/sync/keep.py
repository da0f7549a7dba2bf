"""A page of a pull is kept: what differs, what it changes, and where it ended.

All in one transaction, so that a kill costs the page that was being read. A pull that
only looks writes down what differs, and merges nothing.
"""

import logging
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from types import ModuleType
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from apps.common.clock import now
from apps.common.faults import reached
from apps.events.models import EventRecord
from apps.sync.models import Chain, Difference, Pull
from apps.sync.named import keep_differences
from apps.sync.page import Found, Page, Tally
from apps.sync.reading import Answer
from apps.wecom.errors import WeComRefused

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)  # renewed with every page
NOTED = 64  # characters of an id that a sighting holds
SEE = """
INSERT INTO sync_sighting (pull_id, step, whole, item)
SELECT %s, %s, whole, item FROM unnest(%s::text[], %s::text[]) AS seen (whole, item)
ON CONFLICT DO NOTHING
"""


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
    at = now()
    first = pull.source == EventRecord.Source.FIRST_PULL
    found = [] if first else step.compare(page.rows)
    if pull.looks_only:
        tally = counted(page, found)
    else:
        tally = step.merge(page.rows, source=pull.source, at=at)
    keep_differences(pull, step, found)
    see(pull, step, step.sightings(page.rows))
    reached("recon.mid_page")
    chain.cursor, chain.pages = page.next_cursor, chain.pages + 1
    chain.done = not page.next_cursor
    chain.save(update_fields=["cursor", "pages", "done"])
    count(
        pull,
        step,
        tally,
        calls=F("calls") + page.calls,
        done=F("done") + (len(chain.keys) if chain.done else 0),
        due_at=at + LEASE,
        attempts=0,  # they count failures without a page in between
        bugs=0,
    )


def see(pull: Pull, step: ModuleType, seen: list[tuple[str, str]]) -> None:
    wholes = [whole[:NOTED] for whole, _item in seen]
    items = [item[:NOTED] for _whole, item in seen]
    with connection.cursor() as cursor:
        cursor.execute(SEE, [pull.pk, step.NAME, wholes, items])


def counted(page: Page, found: list[Found]) -> Tally:
    """What this page would change."""
    kinds = Difference.Kind

    def many(kind: Difference.Kind) -> int:
        return len({(f.thing, f.subject) for f in found if f.kind == kind})

    return Tally(
        read=len(page.rows),
        new=many(kinds.MISSING_HERE),
        different=many(kinds.DIFFERENT),
        gone=many(kinds.MISSING_THERE),
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
        left_out = {"step": step.NAME, "key": chain.keys[0], "why": str(refusal)}
        note(pull, lambda counts: counts.setdefault("passed_over", []).append(left_out))
        Pull.objects.filter(pk=pull.pk).update(done=F("done") + 1)
    chain.done = True
    chain.save(update_fields=["keys", "done"])


def add_chains(pull: Pull, step: ModuleType, planned: list[list[str]]) -> None:
    after = pull.chains.filter(step=step.NAME).count()
    Chain.objects.bulk_create(
        Chain(pull=pull, step=step.NAME, number=after + number, keys=keys)
        for number, keys in enumerate(planned)
    )
    Pull.objects.filter(pk=pull.pk).update(
        total=F("total") + sum(len(keys) for keys in planned)
    )


# --- counting -----------------------------------------------------------------------


def count(pull: Pull, step: ModuleType, tally: Tally, **more: Any) -> None:
    """Add a page to the counts, and write what else has changed with them."""

    def add(counts: dict[str, Any]) -> None:
        so_far = Tally(**counts.get(step.NAME, {}))
        counts[step.NAME] = asdict(so_far + tally)

    note(pull, add, **more)


@transaction.atomic(savepoint=False)
def note(pull: Pull, change: Callable[[dict[str, Any]], Any], **more: Any) -> None:
    """Change the counts as they stand in the row, so that no other change is lost."""
    rows = Pull.objects.select_for_update().filter(pk=pull.pk)
    pull.counts = rows.values_list("counts", flat=True).get()
    change(pull.counts)
    Pull.objects.filter(pk=pull.pk).update(counts=pull.counts, **more)

"""One step of a pull, read to its end: its pages kept, or only compared."""

from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType

from django.db import transaction
from django.utils import timezone

from apps.events.models import EventRecord
from apps.sync.models import Pull
from apps.sync.page import Found, Page


def pages(step: ModuleType, planned: list[list[str]]) -> Iterator[Page]:
    for keys in planned:
        cursor = ""
        while True:
            page = step.fetch(keys=keys, cursor=cursor)
            yield page
            cursor = page.next_cursor
            if not cursor:
                break


def keep(step: ModuleType, *, source=EventRecord.Source.FIRST_PULL) -> int:
    """Keep everything; how many calls it took beyond the plan's."""
    calls = 0
    for page in pages(step, step.plan(Pull())):
        with transaction.atomic():
            step.merge(page.rows, source=source, at=timezone.now())
        calls += page.calls
    return calls


def compare(step: ModuleType) -> tuple[list[Found], dict[str, list[str]]]:
    """What differs, and what is missing of each whole."""
    before, found = timezone.now(), []
    seen: dict[str, set[str]] = defaultdict(set)
    planned = step.plan(Pull())
    wholes = {step.whole_of(key) for keys in planned for key in keys}
    for page in pages(step, planned):
        found += step.compare(page.rows)
        look(step, page, seen)
    if hasattr(step, "doubts"):
        for page in pages(step, step.doubts(seen, before=before)):
            found += step.compare(page.rows)
            look(step, page, seen)
    missing = {w: step.missing(w, seen[w], before=before) for w in wholes}
    return found, {whole: items for whole, items in missing.items() if items}


def look(step: ModuleType, page: Page, seen: dict[str, set[str]]) -> None:
    for whole, item in step.sightings(page.rows):
        seen[whole].add(item)


def told(found: list[Found]) -> set[tuple[str, str, str, str]]:
    return {(each.thing, each.kind, each.field, each.theirs) for each in found}

"""Compare with WeCom, report what differs; then mend it and look once more.

A check writes nothing: it reads every page as a pull does, and compares instead of
merging. Mending is a pull, whose merge writes only what differs.
"""

from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from types import ModuleType

from django.db import transaction
from django.utils import timezone

from apps.sync.models import Difference
from apps.sync.page import Found, Page
from apps.sync.reading import read
from apps.sync.steps import STEPS
from apps.wecom.errors import WeComRefused

Watch = Callable[[str, int], None]


@dataclass
class Passing:
    """A chain of pages that nobody keeps."""

    keys: list[str]
    cursor: str = ""


@dataclass(kw_only=True)
class Report:
    """What differed. `read` counts rows by step; `passed_over` names unread keys."""

    found: list[Found] = field(default_factory=list)
    read: Counter[str] = field(default_factory=Counter)
    passed_over: list[str] = field(default_factory=list)

    @property
    def differences(self) -> dict[str, int]:
        """Counts by thing and kind, such as {"follow missing_here": 2}."""
        return dict(
            sorted(
                Counter(f"{found.thing} {found.kind}" for found in self.found).items()
            )
        )


def check(*, watch: Watch | None = None) -> Report:
    """Read everything, write nothing, say what differs."""
    report = Report()
    began_at = timezone.now()
    for step in STEPS.values():
        check_step(step, report, began_at=began_at, watch=watch)
    return report


def check_step(
    step: ModuleType, report: Report, *, began_at: datetime, watch: Watch | None
) -> None:
    seen: dict[str, set[str]] = defaultdict(set)
    passed_over: set[str] = set()
    chains = step.plan()
    wholes = {step.whole_of(key) for keys in chains for key in keys}
    passed_over |= look_through(step, chains, report, seen, watch)
    if hasattr(step, "doubts"):
        doubts = step.doubts(seen, before=began_at)
        passed_over |= look_through(step, doubts, report, seen, watch)
    for whole in sorted(wholes - passed_over):
        report.found += [
            Found(
                thing=step.NAME,
                kind=Difference.Kind.MISSING_THERE,
                subject=" · ".join(filter(None, [whole, item])),
            )
            for item in step.missing(whole, seen[whole], before=began_at)
        ]


def look_through(
    step: ModuleType,
    planned: list[list[str]],
    report: Report,
    seen: dict[str, set[str]],
    watch: Watch | None,
) -> set[str]:
    """Compare every page of these chains; the wholes of which a key was refused."""
    passed_over: set[str] = set()
    chains = [Passing(keys) for keys in planned]
    while chains:
        split: list[Passing] = []
        for answer in read(step, chains):
            if answer.page is not None:
                compare_page(step, answer.page, report, seen)
                if watch:
                    watch(step.NAME, report.read[step.NAME])
                continue
            keys = answer.chain.keys
            error = answer.error
            if not isinstance(error, WeComRefused):
                raise error or RuntimeError("a page without an answer")
            if error.errcode not in step.PASSED_OVER:
                raise error
            if len(keys) > 1:
                half = len(keys) // 2
                split += [Passing(keys[:half]), Passing(keys[half:])]
            else:
                passed_over.add(step.whole_of(keys[0]))
                report.passed_over += keys
        chains = split
    return passed_over


@transaction.atomic
def compare_page(
    step: ModuleType, page: Page, report: Report, seen: dict[str, set[str]]
) -> None:
    report.found += step.compare(page.rows)
    report.read[step.NAME] += len(page.rows)
    for whole, item in step.sightings(page.rows):
        seen[whole].add(item)

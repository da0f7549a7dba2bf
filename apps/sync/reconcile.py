"""Compare with WeCom, report what differs; then mend it and look once more.

A check is a pull that only looks: it reads every page, compares, and writes down what
differs. Mending is a pull whose merge writes only what differs. Both read the same
pages and ask the same questions, so that what is reported is what will be mended.
"""

from collections import Counter
from dataclasses import dataclass, field

from apps.common.clock import now
from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.sync.models import Difference, Pull
from apps.sync.pull import Watch, start_pull
from apps.sync.see_through import see_through
from apps.sync.steps import steps_of


class NotRead(Refused):
    """WeCom was not read to the end."""

    code = "not_read"


@dataclass(kw_only=True)
class Report:
    """What differed. `read` counts rows by step; `passed_over` names unread keys."""

    pull: Pull
    found: list[Difference] = field(default_factory=list)
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


def check(*, scope: str = Pull.Scope.WHOLE, watch: Watch | None = None) -> Report:
    """Read all of that scope, change nothing, say what differs."""
    at = now()
    pull = start_pull(by=None, at=at, scope=scope, looks_only=True, afresh=True)
    return report_of(see_through(pull, watch=watch))


def mend(*, scope: str = Pull.Scope.WHOLE, watch: Watch | None = None) -> Report:
    """Read it once more and write what differs; says what that was."""
    pull = start_pull(by=None, at=now(), scope=scope, afresh=True)
    return report_of(see_through(pull, watch=watch))


def report_of(pull: Pull) -> Report:
    if pull.status != Job.Status.DONE:
        raise NotRead(detail=pull.last_error)
    names = [step.NAME for step in steps_of(pull)]
    return Report(
        pull=pull,
        found=list(pull.differences.order_by("pk")),
        read=Counter({name: pull.counts[name]["read"] for name in names}),
        passed_over=[each["key"] for each in pull.counts.get("passed_over", [])],
    )

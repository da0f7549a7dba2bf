"""Where an import stands, and what became of its rows, in words for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import progress_in_words
from apps.contacts.masked import shown_value
from apps.imports.meanings import ID_KINDS
from apps.imports.models import Import, Pass

OUTCOMES_IN_WORDS: dict[str, Any] = {
    "new": _("new contact"),
    "changed": _("update"),
    "same": _("no change"),
    "duplicate": _("duplicate"),
    "wrong": _("wrong"),
}
COLOURS = {
    "new": "success",
    "changed": "info",
    "same": "default",
    "duplicate": "warning",
    "wrong": "danger",
}
DOING = {
    Pass.What.CHECK: _("Checking"),
    Pass.What.WRITE: _("Importing"),
    Pass.What.UNDO: _("Taking back"),
}


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What the page shows: `step` of 1 to 5, and what may be done now."""

    title: Any
    step: int
    last: Pass | None = None
    counted: str = ""
    explains: bool = False
    may_write: bool = False
    may_undo: bool = False
    is_running: bool = False
    has_failed: bool = False


def stage_of(shown: Import) -> Stage:
    last = max(shown.passes.all(), key=lambda each: each.pk, default=None)
    counted = "write" if "write" in shown.counts else "check"
    if last is None:
        return Stage(title=_("columns to be explained"), step=2, explains=True)
    if last.status in Job.UNFINISHED:
        step = {Pass.What.CHECK: 3, Pass.What.WRITE: 4, Pass.What.UNDO: 5}[
            Pass.What(last.what)
        ]
        return Stage(
            title=DOING[Pass.What(last.what)],
            step=step,
            last=last,
            counted=counted,
            is_running=True,
        )
    if last.status == Job.Status.FAILED:
        is_check = last.what == Pass.What.CHECK
        return Stage(
            title=_("not finished"),
            step=2 if is_check else 4,
            last=last,
            counted=counted,
            explains=is_check,
            may_undo=last.what == Pass.What.WRITE,
            has_failed=True,
        )
    if last.what == Pass.What.CHECK:
        return Stage(
            title=_("checked, not imported yet"),
            step=3,
            last=last,
            counted="check",
            explains=True,
            may_write=True,
        )
    if last.what == Pass.What.WRITE:
        return Stage(
            title=_("imported"), step=5, last=last, counted="write", may_undo=True
        )
    return Stage(title=_("taken back"), step=5, last=last, counted="write")


def progress_of(job: Pass | None, *, at: datetime) -> dict[str, Any]:
    if job is None:
        return {"running": False, "failed": False, "percent": 0, "text": "", "more": ""}
    numbers = {"done": f"{min(job.done, job.total):,}", "total": f"{job.total:,}"}
    rows = gettext("%(done)s of %(total)s rows") % numbers
    doing = str(DOING[Pass.What(job.what)])
    return progress_in_words(job, doing=doing, far=rows, at=at)


def outcomes_of(shown: Import) -> dict[str, Any]:
    if shown.kind == Import.Kind.ORDERS:
        return OUTCOMES_IN_WORDS | {"new": _("new order")}
    return OUTCOMES_IN_WORDS


def masked_cell(meaning: str, cell: str) -> str:
    """A cell as a page shows it; whole it stands in the file that was brought."""
    kind = ID_KINDS.get(meaning)
    return shown_value(kind, cell) if kind else cell

"""Where an export stands, in words for people."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import progress_in_words
from apps.exports.models import Export, Writing


@dataclass(frozen=True, kw_only=True)
class Standing:
    title: Any
    colour: str
    waits: bool = False
    is_running: bool = False
    is_ready: bool = False
    has_failed: bool = False


def standing_of(of: Export, *, at: datetime) -> Standing:
    writing = writing_of(of)
    if of.refused:
        return Standing(title=_("refused"), colour="danger")
    if of.is_over(at=at):
        return Standing(title=_("gone: kept for 24 hours"), colour="default")
    if writing is None:
        return Standing(title=_("waits for approval"), colour="warning", waits=True)
    if writing.status == Job.Status.DONE:
        return Standing(title=_("ready"), colour="success", is_ready=True)
    if writing.status == Job.Status.FAILED:
        return Standing(title=_("not finished"), colour="danger", has_failed=True)
    return Standing(title=_("being written"), colour="info", is_running=True)


def writing_of(of: Export) -> Writing | None:
    try:
        return of.writing
    except Writing.DoesNotExist:
        return None


def progress_of(job: Writing | None, *, at: datetime) -> dict[str, Any]:
    if job is None:
        return {"running": False, "failed": False, "percent": 0, "text": "", "more": ""}
    numbers = {"done": f"{min(job.done, job.total):,}", "total": f"{job.total:,}"}
    rows = gettext("%(done)s of %(total)s rows") % numbers
    return progress_in_words(job, doing=gettext("Writing"), far=rows, at=at)

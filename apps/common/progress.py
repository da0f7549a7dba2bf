"""A long piece of work that a person watches: n of N, failures, cancel."""

from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.wording import span


class Progress(models.Model):
    """How far a job that takes long has come. `total` is an estimate until the end."""

    status: str  # it is a job's

    total = models.PositiveIntegerField(_("total"), default=0)
    done = models.PositiveIntegerField(_("done so far"), default=0)
    doing = models.CharField(_("doing now"), max_length=64, blank=True)
    cancel_asked = models.BooleanField(_("cancel asked"), default=False)

    class Meta:
        abstract = True

    @property
    def percent(self) -> int:
        """0 to 99 of what is known of so far; 100 is for what is done."""
        if self.status == Job.Status.DONE:
            return 100
        if not self.total:
            return 0
        return min(99, self.done * 100 // self.total)


def progress_in_words(
    job: Any, *, doing: str, far: str, at: datetime
) -> dict[str, Any]:
    """What a progress bar asks for every second: what the job is doing, if it runs, and
    how far it has come."""
    running = job.status in Job.UNFINISHED
    failed = job.status == Job.Status.FAILED
    if running:
        text = gettext("Stopping") if job.cancel_asked else doing
    else:
        text = gettext("Not finished") if failed else gettext("Finished")
    ended_at = at if running else job.done_at  # nobody noted when it failed
    if ended_at:
        words = {"far": far, "span": span(ended_at - job.created_at)}
        far = gettext("%(far)s, %(span)s") % words
    return {
        "running": running,
        "failed": failed,
        "percent": job.percent if running or failed else 100,
        "text": text,
        "more": far,
    }

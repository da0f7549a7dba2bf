"""Work that must be done at least once, and whose effect must be seen once.

A job is a row. Celery is only the doorbell: it rings for a lane as soon as the
row is committed, and `sweep` rings again for every lane that has work due. A
lost bell therefore costs half a minute, never the work.

A worker claims rows by moving their `due_at` one lease into the future; a worker
that dies has released them. `attempts` counts the claims and is the ticket of the
claim: who holds an old ticket may no longer write.
"""

import logging
import time
import traceback
from datetime import datetime, timedelta

from celery import shared_task
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from kombu.exceptions import OperationalError

from apps.common.deadline import deadline
from apps.common.errors import Refused, TryLater

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
TIME_LIMIT = timedelta(minutes=1)  # of one job; shorter than the lease
TURN = timedelta(seconds=10)  # of one bell; then others get theirs
MAX_ATTEMPTS = 20  # when the world is busy: about ten hours, with the backoff below
MAX_BUGS = 5  # when our own code fails
KEEP_DONE = timedelta(days=30)
SILENCE = timedelta(seconds=5)  # after a bell that did not ring


class Lane(models.TextChoices):
    """What stands in one lane never waits for what stands in another."""

    WELCOME = "welcome", _("welcome")
    CALLBACK = "callback", _("callbacks")
    NEWS = "news", _("news")
    OUTGOING = "outgoing", _("outgoing")
    BULK = "bulk", _("bulk")


silent_until = 0.0  # of time.monotonic(); see `ring`

# A job that calls WeCom may take as long as WeCom does: it is claimed alone.
HANDFUL: dict[str, int] = {Lane.CALLBACK: 20, Lane.NEWS: 20}


class JobQuerySet(models.QuerySet):
    def due(self, *, lane: str, at: datetime):
        return self.filter(lane=lane, status=Job.Status.WAITING, due_at__lte=at)

    @transaction.atomic
    def claim(self, *, lane: str, at: datetime) -> list:
        """Take a handful for the length of a lease; pass over what others hold."""
        free = self.due(lane=lane, at=at).select_for_update(skip_locked=True)
        handful = HANDFUL.get(lane, 1)
        pks = list(free.order_by("due_at", "pk").values_list("pk", flat=True)[:handful])
        if not pks:
            return []
        self.filter(pk__in=pks).update(due_at=at + LEASE, attempts=F("attempts") + 1)
        return list(self.filter(pk__in=pks).order_by("pk"))

    def failed(self):
        return self.filter(status=Job.Status.FAILED)

    def unfinished(self):
        return self.filter(status__in=Job.UNFINISHED)


class Job(models.Model):
    """A row that must be worked off at least once."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CALLING = "calling", _("calling")  # a command whose call is under way
        UNKNOWN = "unknown", _("outcome unknown")  # the worker died in the call
        DONE = "done", _("done")
        IGNORED = "ignored", _("ignored")  # kept and counted, but nothing to do
        FAILED = "failed", _("failed")  # gave up; a person has to look

    UNFINISHED = (Status.WAITING, Status.CALLING, Status.UNKNOWN)

    lane = models.CharField(_("lane"), max_length=16, choices=Lane.choices)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.WAITING
    )
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    bugs = models.PositiveSmallIntegerField(_("bugs"), default=0)
    last_error = models.TextField(_("last error"), blank=True)
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        abstract = True
        indexes = [
            models.Index(
                fields=["lane", "due_at"],
                condition=Q(status="waiting"),
                name="%(class)s_is_due",
            ),
            models.Index(
                fields=["status", "-id"],
                condition=~Q(status="done"),
                name="%(class)s_is_not_done",
            ),
            models.Index(fields=["done_at"], name="%(class)s_is_old"),
        ]

    def work(self) -> "Job.Status | None":
        """Do it, inside the transaction that also marks it done.

        Answer IGNORED when there was nothing to do.
        """
        raise NotImplementedError

    def ring(self) -> None:
        """Ask a worker to look at this lane once the transaction is committed."""
        transaction.on_commit(lambda: ring(self.lane), robust=True)

    def still_mine(self) -> bool:
        """Lock the row; is it unfinished, and claimed by nobody after us?"""
        mine = type(self).objects.select_for_update().unfinished()
        return mine.filter(
            pk=self.pk, status=self.status, attempts=self.attempts
        ).exists()

    def work_off(self) -> None:
        """Work, and mark done, in one transaction; or say why not."""
        try:
            with transaction.atomic():
                if not self.still_mine():  # a worker that slept past its lease
                    return
                with deadline(TIME_LIMIT):
                    outcome = self.work()
                self.finish(outcome or Job.Status.DONE)
        except Refused as final:
            self.give_up(str(final))
        except TryLater as later:
            self.put_off(str(later), after=later.after)
        except Exception as bug:  # noqa: BLE001 - every mistake of ours ends here
            self.stumble(bug)

    def finish(self, status: "Job.Status") -> None:
        self._write(status=status, done_at=timezone.now(), last_error="")

    def give_up(self, why: str) -> None:
        self._write(status=Job.Status.FAILED, last_error=why)

    def put_off(self, why: str, *, after: timedelta | None = None) -> None:
        if self.attempts >= MAX_ATTEMPTS:
            self.give_up(why)
        else:
            due_at = timezone.now() + (after or self.backoff)
            self._write(status=Job.Status.WAITING, due_at=due_at, last_error=why)

    def stumble(self, bug: Exception) -> None:
        """Our own mistake, or the network's: try a few times, then fail for good."""
        logger.exception(
            "job went wrong", extra={"job": f"{self._meta.label} {self.pk}"}
        )
        self.bugs += 1
        why = described(bug)
        if self.bugs >= MAX_BUGS:
            self._write(status=Job.Status.FAILED, bugs=self.bugs, last_error=why)
        else:
            due_at = timezone.now() + self.backoff
            self._write(
                status=Job.Status.WAITING, bugs=self.bugs, due_at=due_at, last_error=why
            )

    @transaction.atomic
    def try_again(self, *, at: datetime) -> None:
        """A person has looked, and wants it tried once more from the beginning."""
        type(self).objects.filter(pk=self.pk, status=Job.Status.FAILED).update(
            status=Job.Status.WAITING, due_at=at, attempts=0, bugs=0, done_at=None
        )
        self.ring()

    @property
    def backoff(self) -> timedelta:
        """5 s, 10 s, 20 s … at most an hour."""
        return timedelta(seconds=min(5 * 2 ** max(self.attempts - 1, 0), 3600))

    def _write(self, **fields) -> None:
        """Write only while the claim is ours; a finished job is never reopened."""
        mine = type(self).objects.filter(
            pk=self.pk, attempts=self.attempts, status__in=Job.UNFINISHED
        )
        if mine.update(**fields):
            for name, value in fields.items():
                setattr(self, name, value)


def described(bug: BaseException) -> str:
    """What went wrong and where, in one line, without the values involved."""
    frames = traceback.extract_tb(bug.__traceback__)
    place = f" ({frames[-1].name}, line {frames[-1].lineno})" if frames else ""
    return f"{type(bug).__name__}: {bug}"[:1000].replace("\x00", "") + place


def every_kind_of_job() -> list[type[Job]]:
    return [model for model in Job.__subclasses__() if not model._meta.abstract]


def ring(lane: str) -> None:
    """Ring for a lane. A broker that is away is no reason to fail: see `sweep`.

    After a failure this process does not try again for a few seconds: a broker that
    hangs must not slow down every callback.
    """
    global silent_until
    if time.monotonic() < silent_until:
        return
    try:
        drain.apply_async(args=[lane], queue=lane, retry=False)
    except (OperationalError, OSError) as silence:
        silent_until = time.monotonic() + SILENCE.total_seconds()
        logger.warning("the bell did not ring: %s", type(silence).__name__)


@shared_task(name="jobs.drain", ignore_result=True)
def drain(lane: str) -> None:
    """Work a lane off for a while, and ring again for what is left."""
    until = timezone.now() + TURN
    for model in every_kind_of_job():
        while jobs := model.objects.claim(lane=lane, at=timezone.now()):
            for job in jobs:
                job.work_off()
            if timezone.now() > until:
                ring(lane)
                return


@shared_task(name="jobs.sweep", ignore_result=True)
def sweep() -> None:
    """Ring again for every lane that has work due."""
    now = timezone.now()
    for lane in Lane.values:
        if any(m.objects.due(lane=lane, at=now).exists() for m in every_kind_of_job()):
            ring(lane)


@shared_task(name="jobs.forget_done", ignore_result=True)
def forget_done() -> None:
    """Delete what was done more than 30 days ago; what failed is kept."""
    limit = timezone.now() - KEEP_DONE
    for model in every_kind_of_job():
        model.objects.filter(done_at__lt=limit).delete()

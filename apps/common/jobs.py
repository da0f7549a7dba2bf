"""Work that must be done at least once, and whose effect must be seen once.

A job is a row. Celery is only the doorbell: it rings for a lane as soon as the
row is committed, and `sweep` rings again for every lane that has work due. A
lost bell therefore costs half a minute, never the work.

A worker claims rows by moving their `due_at` one lease into the future; a worker
that dies has released them. `attempts` counts the claims and is the ticket of the
claim: who holds an old ticket may no longer write.

One poisoned job harms only itself. Where others wait, a job has five seconds, and who
needed long gives back what else it had claimed; a job that went wrong goes on in the
lane where nobody is in a hurry, and one that kills its worker is given up.
"""

import logging
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import ClassVar

from celery import shared_task
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.bell import Bell
from apps.common.claim import claim, with_work
from apps.common.clock import now
from apps.common.deadline import deadline
from apps.common.errors import Refused, TryLater
from apps.common.faults import reached
from apps.common.handful import work_off_together
from apps.common.lanes import HANDFUL, HURRIED, URGENT, Lane, lease_of, limit_of
from apps.common.mistakes import described
from apps.common.seen import ForThoseWhoSeeEverybody
from apps.common.tracing import logged_as
from apps.common.turns import take_turns

logger = logging.getLogger(__name__)

LONG = timedelta(seconds=1)  # after which the rest of a handful is given back
TURN = timedelta(seconds=10)  # of one bell; then others get theirs
A_MOMENT = timedelta(seconds=0.05)  # after which what is due now is due for certain
MAX_ATTEMPTS = 20  # when the world is busy: about ten hours, with the backoff below
MAX_BUGS = 5  # when our own code fails


class WorkerDied(Refused):
    """Whoever tried it died of it."""

    code = "worker_died"


class JobQuerySet(ForThoseWhoSeeEverybody):
    def due(self, *, lane: str, at: datetime):
        return self.filter(lane=lane, status=Job.Status.WAITING, due_at__lte=at)

    def claim(self, *, lane: str, at: datetime) -> list:
        """Take a handful for the length of a lease; pass over what others hold."""
        model: type[Job] = self.model  # type: ignore[assignment]
        return claim(
            model,
            lane=lane,
            at=at,
            until=at + lease_of(lane),
            handful=1 if model.CALLS else HANDFUL.get(lane, 1),
        )

    def give_back(self, jobs: Sequence["Job"], *, at: datetime) -> None:
        """Jobs that we have claimed and not begun: others may have them at once."""
        for job in jobs:
            mine = self.filter(pk=job.pk, attempts=job.attempts)
            mine.filter(status=Job.Status.WAITING).update(due_at=at)

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

    CALLS: ClassVar[bool] = False  # it waits for others than our database
    NEEDS: ClassVar[str] = ""  # the row that every job of its kind reads
    UNREAD: ClassVar[tuple[str, ...]] = ("due_at", "done_at")  # what none reads

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

    @classmethod
    def parts_of(cls, jobs: Sequence["Job"]) -> list[Sequence["Job"]]:
        """A handful in those parts that are worked at once; each alone, if need be."""
        return [[job] for job in jobs]

    @classmethod
    def work_at_once(cls, part: Sequence["Job"]) -> "Job.Status | None":
        [job] = part
        return job.work()

    def turns(self) -> list[str]:
        """Whose turns it takes (see common/turns.py), as far as is known beforehand."""
        return []

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
        with self.consequences(), transaction.atomic():
            if not self.still_mine():  # a worker that slept past its lease
                return
            if self.attempts > MAX_ATTEMPTS:
                raise WorkerDied
            with deadline(limit_of(self.lane)):
                if names := self.turns():
                    take_turns(*names)
                outcome = self.work()
            self.finish(outcome or Job.Status.DONE)
            reached("w.after_apply_before_commit")

    @contextmanager
    def consequences(self) -> Iterator[None]:
        """What goes wrong in the block is written down: refused, put off, a bug."""
        try:
            yield
        except Refused as final:
            self.give_up(str(final))
        except TryLater as later:
            self.put_off(str(later), after=later.after)
        except Exception as bug:  # noqa: BLE001 - every mistake of ours ends here
            self.stumble(bug)

    def finish(self, status: "Job.Status") -> None:
        self._write(status=status, done_at=now(), last_error="")

    def give_up(self, why: str) -> None:
        self._write(status=Job.Status.FAILED, last_error=why)

    def put_off(self, why: str, *, after: timedelta | None = None) -> None:
        if self.attempts >= MAX_ATTEMPTS:
            self.give_up(why)
        else:
            due_at = now() + (after or self.backoff)
            self._write(status=Job.Status.WAITING, due_at=due_at, last_error=why)

    def stumble(self, bug: Exception) -> None:
        """Our own mistake, or the network's: try a few times, then fail for good."""
        logger.exception("a job went wrong")
        self.bugs += 1
        why = described(bug)
        if self.bugs >= MAX_BUGS:
            self._write(status=Job.Status.FAILED, bugs=self.bugs, last_error=why)
        else:
            due_at = now() + self.backoff
            lane = Lane.BULK if self.lane in URGENT else self.lane
            self._write(
                status=Job.Status.WAITING,
                bugs=self.bugs,
                due_at=due_at,
                lane=lane,
                last_error=why,
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
        doubled = settings.JOB_BACKOFF * 2 ** max(self.attempts - 1, 0)
        return min(doubled, timedelta(hours=1))

    def _write(self, **fields) -> None:
        """Write only while the claim is ours; a finished job is never reopened."""
        mine = type(self).objects.filter(
            pk=self.pk, attempts=self.attempts, status__in=Job.UNFINISHED
        )
        if mine.update(**fields):
            for name, value in fields.items():
                setattr(self, name, value)


def every_kind_of_job() -> list[type[Job]]:
    return [model for model in Job.__subclasses__() if not model._meta.abstract]


def ring(lane: str) -> None:
    """Call a worker to a lane. If the broker is away, the sweep calls again."""
    BELL.ask(lane)


def ring_later(lane: str, *, after: timedelta) -> None:
    """Call once more when this has passed, for a job that cannot wait for the sweep."""
    timer = threading.Timer((after + A_MOMENT).total_seconds(), ring, args=[lane])
    timer.daemon = True
    timer.start()


@shared_task(name="jobs.drain", ignore_result=True)
def drain(lane: str) -> None:
    """Work a lane off for a while, and ring again for what is left.

    Of each kind a handful in turn: however many callbacks come in, what follows from
    them does not wait until they cease.
    """
    until = now() + TURN
    while kinds := with_work(every_kind_of_job(), lane=lane, at=now()):
        worked = [work_some(kind, lane=lane) for kind in kinds]
        if not any(worked):  # others have it
            return
        if now() > until:
            ring(lane)
            return


def work_some(kind: type[Job], *, lane: str) -> bool:
    """A handful of this kind; was there any?"""
    jobs = kind.objects.claim(lane=lane, at=now())
    if jobs:
        reached("w.after_claim")
        work_through(kind, jobs)
    return bool(jobs)


def work_through(model: type[Job], jobs: Sequence[Job]) -> None:
    """Together, or one after the other; what took long leaves the rest to others."""
    limit = min(HURRIED, 2 * LONG)
    while len(left := work_off_together(jobs, enough=LONG, limit=limit)) < len(jobs):
        reached("w.after_commit_before_ack")
        jobs = left
    if not jobs:
        return
    # each may be the first in its turn: one that kills us must not take others along
    turn = (jobs[0].attempts - 1) % len(jobs)
    jobs = [*jobs[turn:], *jobs[:turn]]
    for number, job in enumerate(jobs):
        began = time.monotonic()
        with logged_as(job):
            job.work_off()
        reached("w.after_commit_before_ack")
        rest = jobs[number + 1 :]
        if rest and time.monotonic() - began > LONG.total_seconds():
            model.objects.give_back(rest, at=now())
            ring(job.lane)
            return


BELL = Bell(lambda lane: drain.apply_async(args=[lane], queue=lane, retry=False))


def sweep() -> None:
    """Ring again for every lane that has work due."""
    at = now()
    for lane in Lane.values:
        if with_work(every_kind_of_job(), lane=lane, at=at):
            ring(lane)

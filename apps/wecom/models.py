"""Callback (WeCom told us) and Command (we must tell WeCom)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.errors import Refused
from apps.common.jobs import Job, JobQuerySet
from apps.common.lanes import lease_of
from apps.common.resealing import SealedField
from apps.wecom.hearing import hear, together


class Receiver(models.TextChoices):
    """Which of our two callback addresses WeCom told it to."""

    APP = "app", _("self-built app")
    CONTACTS = "contacts", _("contact sync")


class Seen(models.Model):
    """The digest of a callback, kept longer than the callback itself.

    SHA-256 over the receiver and the sorted elements of the opened message: WeCom
    gives its events no id, and says again whatever we are slow to answer.
    """

    digest = models.BinaryField(primary_key=True, max_length=32)
    first_at = models.DateTimeField(default=timezone.now, db_index=True)
    times = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name = _("digest")
        verbose_name_plural = _("digests")

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class Callback(Job):
    """Something WeCom told us, kept once. It is a hint; WeCom's API is the truth."""

    LATE = timedelta(minutes=5)  # later than any repetition of WeCom's own

    receiver = models.CharField(
        _("receiver"), max_length=8, choices=Receiver.choices, default=Receiver.APP
    )
    event = models.CharField(_("event"), max_length=64)
    change_type = models.CharField(_("change type"), max_length=64, blank=True)
    subject = models.CharField(
        _("about"),
        max_length=140,
        blank=True,
        help_text=_("Handlers of one subject take turns."),
    )
    message = models.JSONField(_("message"))
    told_at = models.DateTimeField(_("happened at"))
    received_at = models.DateTimeField(_("received at"), default=timezone.now)

    class Meta(Job.Meta):
        verbose_name = _("callback")
        verbose_name_plural = _("callbacks")
        indexes = [
            *Job.Meta.indexes,
            models.Index(fields=["-received_at"], name="callbacks_as_they_came"),
            models.Index(fields=["subject", "-id"], name="callbacks_about"),
        ]

    def __str__(self) -> str:
        return f"{self.event}/{self.change_type} {self.pk}"

    @property
    def is_late(self) -> bool:
        return self.received_at - self.told_at > self.LATE

    def turns(self) -> list[str]:
        return [self.subject] if self.subject else []

    @classmethod
    def parts_of(cls, jobs: Sequence[Job]) -> list[Sequence[Job]]:
        """What one handler can hear at once stands together, a subject once a part."""
        return together(jobs)

    @classmethod
    def work_at_once(cls, part: Sequence[Job]) -> "Job.Status | None":
        return hear(part)

    def work(self) -> "Job.Status | None":
        return hear([self])


class AskedAnew(Refused):
    """The same has been asked again already, and waits."""

    code = "asked_anew"


class CommandQuerySet(JobQuerySet):
    @transaction.atomic
    def claim(self, *, lane: str, at: datetime) -> list:
        """Not before we know that this is no restored database."""
        from apps.wecom.quarantine import notice_a_restore  # which needs this module

        if not self.due(lane=lane, at=at).exists():
            return []
        notice_a_restore(at=at)
        return super().claim(lane=lane, at=at)


class Command(Job):
    """Something we must ask of WeCom, and what became of it.

    `calling` is written before the call and the outcome after it. A row found in
    `calling` past its lease is of unknown outcome: calls that are safe to repeat are
    repeated, the others wait for what reads WeCom to settle them.
    """

    call = models.CharField(_("call"), max_length=64)
    arguments = models.JSONField(_("arguments"), default=dict)
    answer = models.CharField(
        _("answer goes to"),
        max_length=64,
        blank=True,
        help_text=_("A name in the table of answers."),
    )
    about = models.JSONField(_("about"), default=dict, blank=True)
    once = models.CharField(_("only once while waiting"), max_length=140, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    called_at = models.DateTimeField(_("called at"), null=True, blank=True)
    errcode = models.IntegerField(_("error code"), null=True, blank=True)
    result = models.JSONField(_("result"), null=True, blank=True)

    CALLS = True

    objects = CommandQuerySet.as_manager()  # type: ignore[misc]

    class Meta(Job.Meta):
        verbose_name = _("command")
        verbose_name_plural = _("commands")
        constraints = [
            models.UniqueConstraint(
                fields=["once"],
                condition=Q(status="waiting") & ~Q(once=""),
                name="asked_once_while_waiting",
            )
        ]

    def __str__(self) -> str:
        return f"{self.call} {self.pk}"

    def work_off(self) -> None:
        from apps.wecom.outbox import carry_out  # which needs this module

        carry_out(self)

    def begin(self, *, at: datetime) -> None:
        """The call is under way from now on; see `settle_abandoned`."""
        self._write(
            status=Job.Status.CALLING, called_at=at, due_at=at + lease_of(self.lane)
        )

    def note(self, *, errcode: int, result: dict[str, Any] | None = None) -> None:
        self._write(errcode=errcode, result=result)

    def leave_unknown(self, why: str) -> None:
        self._write(status=Job.Status.UNKNOWN, last_error=why)

    def wait(self, *, at: datetime) -> None:
        self._write(status=Job.Status.WAITING, due_at=at)

    def take_from_its_worker(self) -> None:
        """A new ticket, so that a worker that only slept may not write any more."""
        Command.objects.filter(pk=self.pk).update(attempts=self.attempts + 1)
        self.attempts += 1

    def try_again(self, *, at: datetime) -> None:
        """Unless the same has been asked anew: then that one goes."""
        try:
            super().try_again(at=at)
        except IntegrityError:
            raise AskedAnew from None


class AccessToken(models.Model):
    """The token of one app, shared by all processes; see wecom/token.py."""

    app = models.CharField(max_length=8, choices=Receiver.choices, primary_key=True)
    generation = models.PositiveIntegerField(default=0)
    sealed = SealedField(default=b"")
    # Which corp, secret and address it belongs to; see token.credential_of.
    credential = models.BinaryField(default=b"", max_length=16)
    fetched_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)
    # Until then somebody is fetching a newer one, or nobody may ask.
    refreshing_until = models.DateTimeField(null=True)
    refused_errcode = models.IntegerField(null=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return f"{self.app} {self.generation}"


class Quota(models.Model):
    """How much of one API's limits we have used; shared by all processes.

    Minutes and hours are the clock's. `errors` counts by errcode, as text, and under
    "unreachable" what got no answer.
    """

    api = models.CharField(max_length=64, primary_key=True)
    minute_at = models.DateTimeField(null=True)
    in_minute = models.PositiveIntegerField(default=0)
    hour_at = models.DateTimeField(null=True)
    in_hour = models.PositiveIntegerField(default=0)
    paused_until = models.DateTimeField(null=True)
    calls = models.PositiveBigIntegerField(default=0)
    errors = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("quota")
        verbose_name_plural = _("quotas")

    def __str__(self) -> str:
        return self.api


class CallSlot(models.Model):
    """One of the few calls that may be under way at once for one API."""

    api = models.CharField(max_length=64)
    number = models.PositiveSmallIntegerField()
    taken_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("call slot")
        verbose_name_plural = _("call slots")
        constraints = [
            models.UniqueConstraint(fields=["api", "number"], name="one_row_per_slot")
        ]

    def __str__(self) -> str:
        return f"{self.api} {self.number}"


class Media(models.Model):
    """A file that messages carry; see wecom/media.py."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("picture")
        VIDEO = "video", _("video")
        FILE = "file", _("file")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=120)
    content = models.BinaryField()
    content_type = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size"))
    digest = models.BinaryField(max_length=32)
    is_used = models.BooleanField(_("in use"), default=False)
    brought_at = models.DateTimeField(_("brought at"))
    media_id = models.CharField(_("id in WeCom"), max_length=512, blank=True)
    uploaded_at = models.DateTimeField(_("uploaded at"), null=True, blank=True)
    errcode = models.IntegerField(_("error code"), default=0)

    class Meta:
        verbose_name = _("file of messages")
        verbose_name_plural = _("files of messages")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "digest", "name"], name="one_media_per_file"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Residence(models.Model):
    """Where the database lived when we last looked; see wecom/quarantine.py. One row.

    `system` is empty where we may not ask for it. `written_in` is the transaction in
    which our first migration was noted: a dump that is restored notes it in another.
    """

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    system = models.CharField(max_length=20, blank=True)
    timeline = models.PositiveBigIntegerField()
    database = models.PositiveBigIntegerField()
    written_in = models.PositiveBigIntegerField()
    noted_at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("residence")
        verbose_name_plural = _("residences")

    def __str__(self) -> str:
        return f"{self.system} {self.timeline} {self.database}"

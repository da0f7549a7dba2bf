"""What happens by the clock, and when there was nobody to hear."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job


class Slot(Job):
    """One moment at which a task of the timetable is due.

    There is one row for it: whoever inserts the row has fired the slot. The first row
    of a task was never due, but says from which moment on its slots count.
    """

    task = models.CharField(_("task"), max_length=64)
    slot_at = models.DateTimeField(_("by the clock at"))

    class Meta(Job.Meta):
        verbose_name = _("scheduled job")
        verbose_name_plural = _("scheduled jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["task", "slot_at"], name="a_slot_fires_once"
            ),
            models.UniqueConstraint(
                fields=["task"],
                condition=Q(status="ignored", attempts=0),
                name="slots_count_from_one_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.slot_at:%Y-%m-%d %H:%M:%S}"

    def work(self) -> Job.Status | None:
        from apps.common.timetable import carry_out  # which needs this module

        return carry_out(self)


class Presence(models.Model):
    """When anybody of a role was last here, on whichever machine."""

    role = models.CharField(_("role"), max_length=64, primary_key=True)
    seen_at = models.DateTimeField(_("last seen"))

    class Meta:
        verbose_name = _("presence")
        verbose_name_plural = _("presences")

    def __str__(self) -> str:
        return self.role


class AbsenceQuerySet(models.QuerySet):
    def undealt(self):
        """WeCom spoke and nobody heard, and nobody has looked yet what was missed.

        Only the web hears WeCom: that others were away has cost time, but no news.
        """
        return self.filter(role=Absence.WEB, dealt_with_at__isnull=True)


class Absence(models.Model):
    """A spell in which nobody of a role was here, or the web could not keep news."""

    WEB = "web"

    class Why(models.TextChoices):
        SILENT = "silent", _("nobody was here")
        REFUSED = "refused", _("callbacks could not be kept")
        RESTORED = "restored", _("the database was restored")

    role = models.CharField(_("role"), max_length=64)
    began_at = models.DateTimeField(_("began at"))
    ended_at = models.DateTimeField(_("ended at"))
    why = models.CharField(_("why"), max_length=8, choices=Why.choices)
    dealt_with_at = models.DateTimeField(_("dealt with at"), null=True, blank=True)

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_at__gte=F("began_at")),
                name="an_absence_ends_after_it_begins",
            )
        ]
        indexes = [
            models.Index(
                fields=["role"],
                condition=Q(dealt_with_at__isnull=True),
                name="absences_not_dealt_with",
            )
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.why} {self.began_at:%Y-%m-%d %H:%M:%S}"


class KeptAnswer(models.Model):
    """What we answered to a request with an Idempotency-Key; see api/once.py."""

    scope = models.CharField(_("who, and where"), max_length=200)
    key = models.CharField(_("key"), max_length=257)
    body_digest = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField(_("status"))
    answer = models.JSONField(_("answer"))
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "key"], name="one_answer_for_each_key"
            )
        ]
        indexes = [models.Index(fields=["at"], name="answers_by_age")]

    def __str__(self) -> str:
        return f"{self.scope} {self.at:%Y-%m-%d %H:%M:%S}"


class Allowance(models.Model):
    """How many requests somebody has sent in the minute that began then."""

    who = models.CharField(_("who"), max_length=64, primary_key=True)
    began_at = models.DateTimeField(_("began at"))
    used = models.PositiveIntegerField(_("used"))

    class Meta:
        verbose_name = _("allowance")
        verbose_name_plural = _("allowances")

    def __str__(self) -> str:
        return f"{self.who} {self.used}"

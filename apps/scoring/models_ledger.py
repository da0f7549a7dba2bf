"""Earning (a line of the ledger), Standing (what a contact's lines come to), its
months, and the job that reckons scores anew."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import Progress
from apps.contacts.models import Contact
from apps.scoring.models_rules import ScoreVersion
from apps.scoring.querysets import StandingQuerySet


class Earning(models.Model):
    """Points earned under one version of a rule for one thing that happened. Written
    once; the database lets nobody change it but for whose it is.

    `cause` is the number of what happened: of a follow, an order …; below 0 it is the
    line's own, of somebody who came to fit conditions (0 points: fits no longer).
    """

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        db_constraint=False,  # ten million lines are written at once
        db_index=False,
        related_name="earnings",
    )
    version = models.ForeignKey(
        ScoreVersion,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="earnings",
    )
    cause = models.BigIntegerField(_("what happened"))
    at = models.DateTimeField(_("at"))
    points = models.SmallIntegerField(_("points"))

    class Meta:
        verbose_name = _("earning")
        verbose_name_plural = _("earnings")
        constraints = [
            models.UniqueConstraint(
                fields=["version", "cause"], name="one_earning_per_cause"
            )
        ]
        indexes = [
            models.Index(fields=["contact", "version"], name="earnings_of_a_contact")
        ]

    def __str__(self) -> str:
        return f"{self.version_id} · {self.cause}"


class Standing(models.Model):
    """A contact's sums, one for each version that counts, and what they come to.

    A sum is weighed as seen from the version's landmark: what it is worth now is a
    multiplication. `due_at` is before the moment at which a score next changes by
    itself.
    """

    not_moved_by_merge = "Reckoned anew from the earnings, which move."

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="standing_of_scores"
    )
    sums = ArrayField(models.FloatField(), default=list)
    fit = models.IntegerField(_("fit"), default=0)
    engagement = models.IntegerField(_("engagement"), default=0)
    score = models.IntegerField(_("score"), default=0)
    grade = models.CharField(_("grade"), max_length=2, blank=True)
    generation = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField(_("due at"), null=True)
    graded_at = models.DateTimeField(_("in this grade since"), null=True)

    objects = StandingQuerySet.as_manager()

    class Meta:
        verbose_name = _("score")
        verbose_name_plural = _("scores")
        indexes = [
            models.Index(fields=["-score", "contact"], name="standings_by_score"),
            models.Index(fields=["grade", "contact"], name="standings_by_grade"),
        ]

    def __str__(self) -> str:
        return f"{self.grade} {self.score}"


class ScoreMonth(models.Model):
    """What the score was at the end of a month."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="score_months"
    )
    month = models.DateField(_("month"), help_text=_("Its first day."))
    score = models.IntegerField(_("score"))
    grade = models.CharField(_("grade"), max_length=2)

    class Meta:
        verbose_name = _("score of a month")
        verbose_name_plural = _("scores of months")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "month"], name="one_score_per_month"
            )
        ]
        indexes = [models.Index(fields=["month", "grade"], name="months_by_grade")]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.month}"


class Rescore(Job, Progress):
    """Drafts are reckoned from all that has happened, or all scores are settled under
    what is in force now; step by step, each in a transaction of its own."""

    class Does(models.TextChoices):
        RECKON = "reckon", _("reckoning drafts")
        SETTLE = "settle", _("settling scores")

    does = models.CharField(max_length=6, choices=Does.choices)
    step = models.CharField(max_length=12, blank=True)
    place = models.BigIntegerField(default=0, help_text=_("Until where it has come."))
    made_at = models.DateTimeField(default=timezone.now)

    class Meta(Job.Meta):
        verbose_name = _("reckoning of scores")
        verbose_name_plural = _("reckonings of scores")

    def __str__(self) -> str:
        return f"{self.does} {self.pk}"

    def work_off(self) -> None:
        from apps.scoring.rescore import advance  # which needs this module

        advance(self)

    def work(self) -> Any:
        raise NotImplementedError

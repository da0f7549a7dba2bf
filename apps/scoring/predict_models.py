"""Aim (what is to be foretold), Predictor (a model that was learned), Chance (what it
says of a contact), ForetoldMonth, and the job Foretelling."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import Progress
from apps.contacts.models import Contact


class Aim(models.Model):
    """Which outcome within how many days, and what may not be learned from. There is
    one row, or none yet."""

    outcome = models.CharField(_("outcome"), max_length=16)
    days = models.PositiveSmallIntegerField(_("within days"))
    left_out = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("not learned from"),
        default=list,
        blank=True,
    )
    believed = ArrayField(
        models.CharField(max_length=80),
        verbose_name=_("known beforehand"),
        default=list,
        blank=True,
        help_text=_("What looks too good, and is right: somebody has looked."),
    )
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("aim of the prediction")
        verbose_name_plural = _("aims of the prediction")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_aim_of_prediction")
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.days}"


class Predictor(models.Model):
    """A model that was learned from the past, and how true it was for contacts that it
    had not seen.

    `body` is the model itself, as numbers (see learned.py). `before` is how the one in
    use did on the same contacts. `suspects` are features that were left out since they
    foretell the outcome nearly by themselves. `seen` is how contacts were spread over
    its bins, and `drift` how much later ones differ, month by month.
    """

    class Standing(models.TextChoices):
        USED = "used", _("in use")
        SPARE = "spare", _("was in use before")
        WORSE = "worse", _("not used: no better")

    made_at = models.DateTimeField(_("trained at"), default=timezone.now)
    outcome = models.CharField(_("outcome"), max_length=16)
    days = models.PositiveSmallIntegerField(_("within days"))
    kind = models.CharField(_("kind"), max_length=8)
    calibration = models.CharField(_("calibration"), max_length=8)
    made_by = models.CharField(_("made by"), max_length=40)
    body = models.JSONField()
    rows = models.PositiveIntegerField(_("contacts learned from"))
    won = models.PositiveIntegerField(_("outcomes learned from"))
    known_from = models.DateField(_("learned from"))
    known_until = models.DateField(_("learned until"))
    measures = models.JSONField(_("measures"))
    before = models.JSONField(_("the one before"), null=True)
    weights = models.JSONField(_("weights of features"), default=list)
    suspects = models.JSONField(_("too good to be true"), default=list)
    seen = models.JSONField(default=dict)
    drift = models.JSONField(_("drift"), default=list)
    standing = models.CharField(
        _("standing"), max_length=5, choices=Standing.choices, default=Standing.WORSE
    )
    used_since = models.DateTimeField(_("in use since"), null=True, blank=True)

    class Meta:
        verbose_name = _("prediction model")
        verbose_name_plural = _("prediction models")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["standing"],
                condition=Q(standing="used"),
                name="one_predictor_in_use",
            )
        ]
        indexes = [models.Index(fields=["-made_at", "-id"], name="predictors_newest")]

    def __str__(self) -> str:
        return f"{self.outcome} {self.made_at:%Y-%m-%d}"

    @property
    def is_used(self) -> bool:
        return self.standing == self.Standing.USED


class Chance(models.Model):
    """How likely the outcome is for a contact, in percent, by the model in use."""

    not_moved_by_merge = "Reckoned anew every night, from what moves."

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="chance"
    )
    chance = models.DecimalField(_("chance, %"), max_digits=4, decimal_places=1)
    day = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("chance")
        verbose_name_plural = _("chances")
        indexes = [models.Index(fields=["-chance", "contact"], name="chances_best")]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class ForetoldMonth(models.Model):
    """What was foretold of a contact at the end of a month."""

    not_moved_by_merge = "It was foretold of each of them."

    contact = models.ForeignKey(
        Contact,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="foretold_months",
    )
    month = models.DateField(_("month"), help_text=_("Its first day."))
    chance = models.DecimalField(
        _("chance, %"), max_digits=4, decimal_places=1, null=True
    )
    alive = models.PositiveSmallIntegerField(_("still a customer, %"), null=True)
    value = models.BigIntegerField(_("expected value within a year"), null=True)

    class Meta:
        verbose_name = _("what was foretold in a month")
        verbose_name_plural = _("what was foretold by month")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "month"], name="one_foretold_month_per_contact"
            )
        ]
        indexes = [models.Index(fields=["month"], name="foretold_by_month")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.month:%Y-%m}"


class Foretelling(Job, Progress):
    """All chances are reckoned anew; before that a model is learned, if it says so."""

    learns = models.BooleanField(_("trains a model"), default=False)
    predictor = models.ForeignKey(
        Predictor,
        verbose_name=_("prediction model"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    why_not = models.CharField(_("why not"), max_length=32, blank=True)
    found = models.PositiveIntegerField(_("outcomes"), null=True)
    after = models.BigIntegerField(default=0)

    class Meta(Job.Meta):
        verbose_name = _("run of the prediction")
        verbose_name_plural = _("runs of the prediction")

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M}"

    def work_off(self) -> None:
        from apps.scoring.foretell import foretell  # which needs this module

        foretell(self)

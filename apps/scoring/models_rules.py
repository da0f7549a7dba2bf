"""ScoreGroup, ScoreRule and its versions, and the settings of grades."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.scoring.querysets import VersionQuerySet


class Axis(models.TextChoices):
    """A letter of the grade is for the first, its number for the second."""

    FIT = "fit", _("fit")
    ENGAGEMENT = "engagement", _("engagement")


class ScoreGroup(models.Model):
    """Rules of one axis that are shown, and may be capped, together."""

    name = models.CharField(_("name"), max_length=20)
    axis = models.CharField(_("axis"), max_length=10, choices=Axis.choices)
    cap = models.PositiveSmallIntegerField(
        _("at most"), null=True, blank=True, help_text=_("Points, up and down.")
    )

    class Meta:
        verbose_name = _("group of score rules")
        verbose_name_plural = _("groups of score rules")
        ordering = ["axis", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["axis", "name"], name="one_score_group_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name


class ScoreRule(models.Model):
    """Earns contacts points; what it says stands in its versions."""

    name = models.CharField(_("name"), max_length=40)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("score rule")
        verbose_name_plural = _("score rules")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="one_score_rule_per_name",
                violation_error_message=_("There is a rule of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name


class ScoreVersion(models.Model):
    """What a rule says, or said. A draft is reckoned beside what is in force."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        IN_FORCE = "in_force", _("in force")
        PAST = "past", _("past")
        DROPPED = "dropped", _("given up")

    class Counts(models.TextChoices):
        ONCE = "once", _("once")
        EACH = "each", _("each time")
        DAILY = "daily", _("at most so often a day")

    MOST_SLOTS: ClassVar[int] = 60

    rule = models.ForeignKey(
        ScoreRule, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(
        _("state"), max_length=8, choices=State.choices, default=State.DRAFT
    )
    ends = models.BooleanField(
        _("ends the rule"), default=False, help_text=_("Nothing is earned any more.")
    )
    group = models.ForeignKey(
        ScoreGroup, on_delete=models.PROTECT, related_name="versions"
    )
    scene = models.CharField(
        _("what happens"),
        max_length=20,
        blank=True,
        help_text=_("See scenes.py. Empty: points are for whoever fits conditions."),
    )
    narrowed = models.JSONField(_("only"), default=dict, blank=True)
    conditions = models.JSONField(_("conditions"), null=True, blank=True)
    points = models.SmallIntegerField(_("points"))
    earns_as = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        help_text=_(
            "The version whose lines it counts: it earns for the same, and as much."
        ),
    )
    counts = models.CharField(
        _("counts"), max_length=5, choices=Counts.choices, default=Counts.EACH
    )
    a_day = models.PositiveSmallIntegerField(_("times a day"), null=True, blank=True)
    half_life = models.PositiveSmallIntegerField(
        _("half-life in days"), null=True, blank=True
    )
    cap = models.PositiveSmallIntegerField(_("at most"), null=True, blank=True)
    first_day = models.DateField(_("from"), null=True, blank=True)
    last_day = models.DateField(_("to"), null=True, blank=True)
    slot = models.PositiveSmallIntegerField(
        null=True, help_text=_("Its place among the sums of a contact; from 1.")
    )
    landmark = models.DateTimeField(
        default=timezone.now, help_text=_("Points are weighed as seen from then.")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("made at"), default=timezone.now)
    ready_at = models.DateTimeField(_("reckoned at"), null=True)
    in_force_at = models.DateTimeField(_("in force since"), null=True)
    ended_at = models.DateTimeField(_("ended at"), null=True)
    trouble = models.CharField(_("what is wrong"), max_length=300, blank=True)

    objects = VersionQuerySet.as_manager()

    class Meta:
        verbose_name = _("version of a score rule")
        verbose_name_plural = _("versions of score rules")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "number"], name="one_score_version_per_number"
            ),
            models.UniqueConstraint(
                fields=["rule", "state"],
                condition=Q(state__in=["draft", "in_force"]),
                name="one_draft_and_one_in_force",
            ),
            models.UniqueConstraint(
                fields=["slot"],
                condition=Q(state__in=["draft", "in_force"]),
                name="one_score_version_per_slot",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule} · {self.number}"

    @property
    def is_event(self) -> bool:
        return bool(self.scene)

    @property
    def ledger(self) -> int:
        """Under whose number its lines stand."""
        return self.earns_as_id or self.pk

    def fades(self, at: datetime) -> float:
        """What a point that was weighed at the landmark is worth at this moment."""
        if not self.half_life:
            return 1.0
        days = (at - self.landmark).total_seconds() / 86_400
        return float(0.5 ** (days / self.half_life))


class GradeSetting(models.Model):
    """Thresholds of the grades. There is one row, or none yet.

    `generation` counts up with every change of what scores follow from; who was graded
    under another one comes into a new grade without news of it.
    """

    fit = ArrayField(models.SmallIntegerField(), default=list)
    engagement = ArrayField(models.SmallIntegerField(), default=list)
    margin = models.PositiveSmallIntegerField(_("margin"), default=5)
    generation = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("setting of grades")
        verbose_name_plural = _("settings of grades")
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="one_setting_of_grades")
        ]

    def __str__(self) -> str:
        return "A1 … D4"


class GradeTask(models.Model):
    """Who comes into one of these grades is to be followed up by their owner."""

    grades = ArrayField(models.CharField(max_length=2))
    text = models.CharField(_("what to do"), max_length=100)
    within = models.PositiveSmallIntegerField(_("within working minutes"), default=240)

    class Meta:
        verbose_name = _("follow-up of a grade")
        verbose_name_plural = _("follow-ups of grades")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.text

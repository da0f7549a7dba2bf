"""Lifetime (how alive a customer is, what is still to come) and LifetimeFit; the rest
stands in modules of its own."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.scoring.models_ledger import Earning as Earning
from apps.scoring.models_ledger import Rescore as Rescore
from apps.scoring.models_ledger import ScoreMonth as ScoreMonth
from apps.scoring.models_ledger import Standing as Standing
from apps.scoring.models_rules import Axis as Axis
from apps.scoring.models_rules import GradeSetting as GradeSetting
from apps.scoring.models_rules import GradeTask as GradeTask
from apps.scoring.models_rules import ScoreGroup as ScoreGroup
from apps.scoring.models_rules import ScoreRule as ScoreRule
from apps.scoring.models_rules import ScoreVersion as ScoreVersion


class LifetimeFit(models.Model):
    """Parameters that orders were most likely under, and how well they foretell.

    `tracking` has weeks, with the purchases after the first that happened until then
    and those that were expected; the fit behind it knew nothing of the weeks after
    `known_until`. `error` is the mean of their relative difference in those weeks.
    """

    fitted_at = models.DateTimeField(_("fitted at"), default=timezone.now)
    day = models.DateField(_("as of"))
    customers = models.PositiveIntegerField(_("customers"))
    came_back = models.PositiveIntegerField(_("came back"))
    r = models.FloatField()
    alpha = models.FloatField()
    a = models.FloatField()
    b = models.FloatField()
    p = models.FloatField(null=True)
    q = models.FloatField(null=True)
    gamma = models.FloatField(null=True)  # in fen
    known_until = models.DateField(_("known until"), null=True)
    tracking = models.JSONField(_("tracking"), default=list)
    error = models.FloatField(_("error"), null=True)

    class Meta:
        verbose_name = _("lifetime model")
        verbose_name_plural = _("lifetime models")
        ordering = ["-fitted_at"]
        indexes = [models.Index(fields=["-fitted_at"], name="lifetime_fits_newest")]

    def __str__(self) -> str:
        return f"{self.day}"


class Lifetime(models.Model):
    """What the last fit says of a customer who has bought; of a year to come."""

    not_moved_by_merge = "Reckoned anew from the orders, which move, every night."

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="lifetime"
    )
    alive = models.PositiveSmallIntegerField(_("still a customer, %"))
    expected = models.DecimalField(
        _("expected purchases within a year"), max_digits=8, decimal_places=2
    )
    value = models.BigIntegerField(_("expected value within a year"), null=True)
    day = models.DateField(_("as of"))

    class Meta:
        verbose_name = _("lifetime")
        verbose_name_plural = _("lifetimes")
        indexes = [
            models.Index(fields=["-value", "contact"], name="lifetimes_by_value"),
            models.Index(fields=["alive", "contact"], name="lifetimes_by_alive"),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


from apps.scoring.next_models import Sold, Together  # noqa: E402
from apps.scoring.predict_models import (  # noqa: E402
    Aim,
    Chance,
    Foretelling,
    ForetoldMonth,
    Predictor,
)

__all__ = [
    "Aim",
    "Chance",
    "Foretelling",
    "ForetoldMonth",
    "Lifetime",
    "LifetimeFit",
    "Predictor",
    "Sold",
    "Together",
]

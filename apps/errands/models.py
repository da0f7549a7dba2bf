"""Errand and Share: a campaign handed to employees, and what each has made of it."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.errands.querysets import ErrandQuerySet, ShareQuerySet
from apps.staff.models import Employee


class Errand(models.Model):
    """What each of some employees shall reach in a campaign until a moment.

    Targets are for each of them; one that is empty is none. What is reached is counted
    from `since` on (see figures.py).
    """

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.CASCADE,
        related_name="errands",
    )
    text = models.TextField(_("what to say"), max_length=500, blank=True)
    link = models.CharField(_("link to send"), max_length=300, blank=True)
    since = models.DateTimeField(_("counts from"))
    due_at = models.DateTimeField(_("due at"))
    reached = models.PositiveIntegerField(_("reached"), null=True, blank=True)
    joined = models.PositiveIntegerField(_("took part"), null=True, blank=True)
    helped = models.PositiveIntegerField(_("helped"), null=True, blank=True)
    converted = models.PositiveIntegerField(_("bought"), null=True, blank=True)
    amount = models.PositiveBigIntegerField(
        _("amount"), null=True, blank=True, help_text=_("In fen.")
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    ended_at = models.DateTimeField(_("called off at"), null=True, blank=True)

    objects = ErrandQuerySet.as_manager()

    class Meta:
        verbose_name = _("errand")
        verbose_name_plural = _("errands")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(due_at__gt=models.F("since")),
                name="an_errand_has_time",
            )
        ]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="errands_newest_first")
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} · {self.due_at:%Y-%m-%d}"


class Share(models.Model):
    """One employee's part of an errand. `reached` is what they say themselves."""

    errand = models.ForeignKey(Errand, on_delete=models.CASCADE, related_name="shares")
    employee = models.ForeignKey(
        Employee,
        verbose_name=_("employee"),
        on_delete=models.CASCADE,
        related_name="shares_of_errands",
    )
    reached = models.PositiveIntegerField(_("reached"), default=0)
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of an errand")
        verbose_name_plural = _("parts of errands")
        constraints = [
            models.UniqueConstraint(
                fields=["errand", "employee"], name="one_share_each"
            )
        ]
        indexes = [
            models.Index(
                fields=["employee"],
                condition=models.Q(done_at__isnull=True),
                name="errands_to_be_done",
            )
        ]

    def __str__(self) -> str:
        return f"{self.errand_id} · {self.employee_id}"

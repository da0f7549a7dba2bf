"""Export (a table that somebody takes out), its parts, the job, and presets."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import Progress
from apps.common.resealing import SealedField

PART = 1_000  # rows that are written in one transaction
ALIVE = timedelta(hours=24)


class ExportQuerySet(models.QuerySet):
    def visible_to(self, user: Any) -> "ExportQuerySet":
        """One's own; and for whoever approves, those that somebody else asks for."""
        if user.has_perm("exports.approve_export") and user.sees_everybody:
            return self.filter(Q(by=user) | Q(needs_approval=True))
        return self.filter(by=user)


class Export(models.Model):
    """Which rows and columns, for whom, and what for. The file is gone after a day;
    that it was taken out stays known."""

    class Kind(models.TextChoices):
        CONTACTS = "contacts", _("contacts")
        ORDERS = "orders", _("orders")

    class Form(models.TextChoices):
        XLSX = "xlsx", "XLSX"
        CSV = "csv", "CSV"

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("taken out by"),
        on_delete=models.PROTECT,
        related_name="exports",
    )
    kind = models.CharField(_("what is in it"), max_length=8, choices=Kind.choices)
    form = models.CharField(_("form"), max_length=4, choices=Form.choices)
    columns = models.JSONField(_("columns"), default=list)
    query = models.TextField(_("filtered for"), blank=True)
    whole = models.BooleanField(_("unmasked"), default=False)
    reason = models.CharField(_("what for"), max_length=200)
    rows = models.PositiveIntegerField(_("rows"), default=0)
    name = models.CharField(_("file"), max_length=64)
    asked_at = models.DateTimeField(_("asked at"))
    needs_approval = models.BooleanField(_("needs approval"), default=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
    )
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    refused = models.BooleanField(_("refused"), default=False)
    ends_at = models.DateTimeField(_("kept until"), null=True, blank=True)

    objects = ExportQuerySet.as_manager()

    class Meta:
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        ordering = ["-pk"]
        permissions = [
            ("whole_export", "Can export phones, e-mails and union ids whole"),
            ("approve_export", "Can approve exports of whole values"),
        ]
        indexes = [
            models.Index(fields=["by", "-id"], name="exports_of_somebody"),
            models.Index(fields=["ends_at"], name="exports_by_their_end"),
        ]

    def __str__(self) -> str:
        return f"E{self.pk}"

    def is_over(self, *, at: datetime) -> bool:
        return self.ends_at is not None and self.ends_at <= at


class ExportPart(models.Model):
    """Numbers of the rows to be written, in their order; then what was written."""

    of = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(_("number"))
    about = ArrayField(models.BigIntegerField())
    rows_sealed = SealedField(default=b"")

    class Meta:
        verbose_name = _("part of an export")
        verbose_name_plural = _("parts of exports")
        constraints = [
            models.UniqueConstraint(
                fields=["of", "number"], name="one_part_of_an_export_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.of_id} · {self.number}"


class Writing(Job, Progress):
    """The rows of an export are written, part by part."""

    of = models.OneToOneField(Export, on_delete=models.CASCADE, related_name="writing")

    class Meta(Job.Meta):
        verbose_name = _("export job")
        verbose_name_plural = _("export jobs")

    def __str__(self) -> str:
        return f"{self.of_id}"

    def try_again(self, *, at: datetime) -> None:
        """It goes on where it stopped."""
        Writing.objects.filter(pk=self.pk).update(cancel_asked=False)
        super().try_again(at=at)

    def work_off(self) -> None:
        from apps.exports.writing import advance  # which needs this module

        advance(self)


class Preset(models.Model):
    """Columns that somebody takes out again and again, under a name of theirs."""

    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="presets"
    )
    kind = models.CharField(
        _("what is in it"), max_length=8, choices=Export.Kind.choices
    )
    name = models.CharField(_("name"), max_length=40)
    columns = models.JSONField(_("columns"), default=list)

    class Meta:
        verbose_name = _("preset of columns")
        verbose_name_plural = _("presets of columns")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["by", "kind", "name"], name="one_preset_per_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

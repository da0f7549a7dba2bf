"""Import (a table that somebody brought), its parts, and the passes over its rows."""

import json
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.progress import Progress
from apps.common.resealing import SealedField
from apps.common.sealing import seal, unseal

PART = 500  # rows that are read, and written, in one transaction


class Import(models.Model):
    """A table and what its columns mean. Only whoever brought it ever sees it."""

    class Kind(models.TextChoices):
        CONTACTS = "contacts", _("contacts")
        ORDERS = "orders", _("orders")

    kind = models.CharField(
        _("what is in it"),
        max_length=8,
        choices=Kind.choices,
        default=Kind.CONTACTS,
        db_default=Kind.CONTACTS,
    )
    system = models.CharField(
        _("system"),
        max_length=32,
        blank=True,
        default="",
        db_default="",
        help_text=_("Where the orders are from: their numbers are unique there."),
    )
    digest = models.BinaryField(default=b"", db_default=b"", max_length=32)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("brought by"),
        on_delete=models.CASCADE,
        related_name="imports",
    )
    name = models.CharField(_("file"), max_length=120)
    columns = models.JSONField(_("columns"), default=list)
    meanings = models.JSONField(
        _("what the columns mean"),
        default=list,
        help_text=_("For each column a word of meanings.py, or empty."),
    )
    rows = models.PositiveIntegerField(_("rows"), default=0)
    counts = models.JSONField(_("what was found"), default=dict)
    brought_at = models.DateTimeField(_("at"))
    written_at = models.DateTimeField(_("written at"), null=True, blank=True)
    undone_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    stayed = models.JSONField(
        _("stayed"),
        default=list,
        help_text=_("New contacts who were not taken back, since more has happened."),
    )

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["brought_at"], name="imports_as_they_came")]

    def __str__(self) -> str:
        return self.name


class ImportPart(models.Model):
    """Some rows of the table, sealed: they hold names and phones."""

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField(_("number"))
    rows_sealed = SealedField(default=b"")
    found_sealed = SealedField(default=b"")
    journal_sealed = SealedField(default=b"")

    class Meta:
        verbose_name = _("part of an import")
        verbose_name_plural = _("parts of imports")
        constraints = [
            models.UniqueConstraint(fields=["of", "number"], name="one_part_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.of_id} · {self.number}"

    @property
    def rows(self) -> list[list[Any]]:
        """Each row's number and cells."""
        return opened(self.rows_sealed) or []

    @property
    def found(self) -> list[list[str]]:
        """What became of each row, and why if it is wrong."""
        return opened(self.found_sealed) or []

    @property
    def journal(self) -> dict[str, Any]:
        return opened(self.journal_sealed) or {}


def sealed(value: Any) -> bytes:
    return seal(json.dumps(value, ensure_ascii=False, default=str))


def opened(value: bytes | memoryview) -> Any:
    return json.loads(unseal(value)) if value else None


class Pass(Job, Progress):
    """Going through all rows once: to look, to write, or to take back."""

    class What(models.TextChoices):
        CHECK = "check", _("check")
        WRITE = "write", _("import")
        UNDO = "undo", _("take back")

    of = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="passes")
    what = models.CharField(_("what"), max_length=8, choices=What.choices)

    class Meta(Job.Meta):
        verbose_name = _("import job")
        verbose_name_plural = _("import jobs")
        constraints = [
            models.UniqueConstraint(
                fields=["of"],
                condition=models.Q(status="waiting"),
                name="one_pass_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_what_display()} {self.of_id}"

    def try_again(self, *, at: datetime) -> None:
        """It goes on where it stopped."""
        Pass.objects.filter(pk=self.pk).update(cancel_asked=False)
        super().try_again(at=at)

    def work_off(self) -> None:
        from apps.imports.passes import advance  # which needs this module

        advance(self)

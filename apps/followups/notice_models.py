"""Notice, and when the company works."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.followups.models import Task
from apps.followups.note_models import Note
from apps.followups.querysets import NoticeQuerySet
from apps.staff.models import Employee


def nine_to_six() -> dict[str, Any]:
    """Monday to Friday; days of the week are counted from 0."""
    return {str(weekday): [["09:00", "18:00"]] for weekday in range(5)}


class WorkSetting(models.Model):
    """When the company works, and when somebody is reminded. One row."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    hours = models.JSONField(_("working hours"), default=nine_to_six)
    days_off = ArrayField(
        models.DateField(), verbose_name=_("days off"), default=list, blank=True
    )
    days_on = ArrayField(
        models.DateField(),
        verbose_name=_("working days out of turn"),
        default=list,
        blank=True,
        help_text=_("On them Monday's hours hold."),
    )
    opens_leads = models.BooleanField(
        _("whoever is added becomes a lead"), default=True
    )
    silent_after = models.PositiveSmallIntegerField(
        _("silent after so many days"), default=7
    )
    remind_before = models.PositiveSmallIntegerField(
        _("remind so many minutes before"), default=10
    )
    manager_after = models.PositiveIntegerField(
        _("tell the manager after so many working minutes"), default=60
    )
    message_every = models.PositiveSmallIntegerField(
        _("at most one message in so many minutes"), default=15
    )
    lost_reasons = ArrayField(
        models.CharField(max_length=20),
        verbose_name=_("why leads are lost"),
        default=list,
        blank=True,
    )
    changed_at = models.DateTimeField(_("changed at"))

    class Meta:
        verbose_name = _("working time")
        verbose_name_plural = _("working time")

    def __str__(self) -> str:
        return str(self._meta.verbose_name)


class Notice(models.Model):
    """Something that an employee should know of: once under the bell, once in WeCom.

    It may be of several contacts at once; then `contact` is whom it concerns first.
    """

    class Kind(models.TextChoices):
        DUE = "due", _("is due")
        OVERDUE = "overdue", _("is overdue")
        ESCALATED = "escalated", _("a colleague is late")
        MENTIONED = "mentioned", _("a colleague asks for you")
        RECLAIM = "reclaim", _("falls into the pool soon")

    employee = models.ForeignKey(
        Employee,
        verbose_name=_("employee"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="notices",
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="notices"
    )
    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, null=True, related_name="notices"
    )
    note = models.ForeignKey(
        Note, on_delete=models.CASCADE, null=True, related_name="notices"
    )
    many = models.PositiveIntegerField(_("contacts"), default=1, db_default=1)
    at = models.DateTimeField(_("at"))
    seen_at = models.DateTimeField(_("seen at"), null=True, blank=True)
    sent_at = models.DateTimeField(_("said in WeCom at"), null=True, blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(
                fields=["employee", "-at", "-id"], name="notices_of_an_employee"
            ),
            models.Index(
                fields=["employee"],
                condition=Q(seen_at__isnull=True),
                name="notices_not_seen",
            ),
            models.Index(
                fields=["employee", "at"],
                condition=Q(sent_at__isnull=True),
                name="notices_not_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} · {self.kind}"

"""Segment, its versions, members and days; and the job Refresh."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.contacts.models import Contact


class Segment(models.Model):
    """Contacts described by a rule; or a list of them that stays as it is."""

    class Kind(models.TextChoices):
        RULE = "rule", _("by a rule")
        LIST = "list", _("a fixed list")

    name = models.CharField(_("name"), max_length=40)
    folder = models.CharField(_("folder"), max_length=40, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    kind = models.CharField(
        _("kind"), max_length=4, choices=Kind.choices, default=Kind.RULE
    )
    rule = models.JSONField(_("rule"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    filled_version = models.PositiveIntegerField(
        default=0, help_text=_("The version that its members were last worked out by.")
    )
    topics = ArrayField(
        models.CharField(max_length=80),
        default=list,
        blank=True,
        help_text=_("Changes of these can change who is in it, such as tag:7."),
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="segments",
    )
    many = models.PositiveIntegerField(_("members"), default=0)
    refreshed_at = models.DateTimeField(_("worked out at"), null=True, blank=True)
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["folder", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="one_segment_per_name",
                violation_error_message=_("There is a segment of this name already."),
            )
        ]
        indexes = [GinIndex(fields=["topics"], name="segments_by_topic")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_rule(self) -> bool:
        return self.kind == self.Kind.RULE

    @property
    def is_filled(self) -> bool:
        """Do its members follow from the rule as it stands?"""
        return not self.is_rule or self.filled_version == self.version


class SegmentVersion(models.Model):
    """The rule as it stood, by whom, since when."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="versions"
    )
    number = models.PositiveIntegerField(_("version"))
    rule = models.JSONField(_("rule"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("version of a segment")
        verbose_name_plural = _("versions of segments")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "number"], name="one_version_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.number}"


class SegmentContact(models.Model):
    """A contact is in a segment, since when."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, db_index=False, related_name="memberships"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="memberships"
    )
    entered_at = models.DateTimeField(_("entered at"))

    class Meta:
        verbose_name = _("member of a segment")
        verbose_name_plural = _("members of segments")
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "contact"], name="one_membership_per_contact"
            )
        ]
        indexes = [
            models.Index(
                fields=["segment", "-entered_at", "-id"], name="members_newest_first"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.contact_id}"


class SegmentDay(models.Model):
    """How large a segment was at the end of a day, and how many came and went."""

    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="days")
    day = models.DateField(_("day"))
    size = models.PositiveIntegerField(_("members"))
    came = models.PositiveIntegerField(_("came"), default=0)
    went = models.PositiveIntegerField(_("went"), default=0)

    class Meta:
        verbose_name = _("day of a segment")
        verbose_name_plural = _("days of segments")
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["segment", "day"], name="one_row_per_day_of_a_segment"
            )
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} · {self.day}"


class RfmSetting(models.Model):
    """How this company reckons RFM: which orders, the cut points, the names of the
    cells. There is one row, or none yet."""

    days = models.PositiveSmallIntegerField(_("days"))
    classes = models.PositiveSmallIntegerField(_("classes"))
    channels = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    products = ArrayField(models.BigIntegerField(), default=list, blank=True)
    recency = ArrayField(models.BigIntegerField())
    frequency = ArrayField(models.BigIntegerField())
    money = ArrayField(models.BigIntegerField())
    names = models.JSONField(_("names of the cells"), default=dict, blank=True)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    class Meta:
        verbose_name = _("setting of RFM")
        verbose_name_plural = _("settings of RFM")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="one_setting_of_rfm")
        ]

    def __str__(self) -> str:
        return "RFM"


class Refresh(Job):
    """Who is in a segment is worked out anew."""

    of = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="refreshes")

    class Meta(Job.Meta):
        verbose_name = _("refresh of a segment")
        verbose_name_plural = _("refreshes of segments")

    def __str__(self) -> str:
        return f"{self.of_id}"

    def work(self) -> Any:
        from apps.segments.refresh import refresh  # which needs this module

        return refresh(segment_id=self.of_id, at=timezone.now())

"""Follow: who is connected with whom, and since when."""

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.common.resealing import SealedField
from apps.contacts.querysets import FollowQuerySet
from apps.contacts.ways import AddWay


class Follow(models.Model):
    """The spell during which one employee and one contact are connected in WeCom.

    News of a beginning or an end may be lost. A beginning that we never heard of
    leaves `start_known` false (the spell then starts where it ended); an end that we
    only infer, since a later spell began or WeCom no longer lists them, leaves
    `end_known` false. See contacts/spells.py.
    """

    class EndedBy(models.TextChoices):
        CONTACT = "contact", _("the contact left")
        EMPLOYEE = "employee", _("the employee dropped them")
        TRANSFER = "transfer", _("moved to a colleague")
        RESIGNED = "resigned", _("the employee left the company")

    identity = models.ForeignKey(
        "contacts.Identity", on_delete=models.PROTECT, related_name="follows"
    )
    employee = models.ForeignKey(
        "staff.Employee", on_delete=models.PROTECT, related_name="follows"
    )
    started_at = models.DateTimeField(_("since"))
    start_known = models.BooleanField(_("beginning known"), default=True)
    confirmed_at = models.DateTimeField(
        _("confirmed at"),
        null=True,
        blank=True,
        help_text=_("Empty while the employee has not accepted the contact yet."),
    )
    ended_at = models.DateTimeField(_("until"), null=True, blank=True)
    end_known = models.BooleanField(_("end known"), default=True)
    ended_by = models.CharField(
        _("ended by"), max_length=8, choices=EndedBy.choices, blank=True
    )
    state = models.CharField(
        _("channel state"),
        max_length=64,
        blank=True,
        help_text=_("The door they came in by, as WeCom tells it."),
    )
    add_way = models.PositiveSmallIntegerField(
        _("came by"), choices=AddWay.choices, null=True, blank=True
    )
    added_by = models.CharField(_("started by"), max_length=64, blank=True)
    remark = models.CharField(_("remark"), max_length=255, blank=True)
    description = models.TextField(_("description"), blank=True)
    remark_corp_name = models.CharField(
        _("remark: company"), max_length=255, blank=True
    )
    DIGESTS = ("phones_digest",)
    phones_sealed = SealedField(default=b"")
    phones_digest = models.BinaryField(default=b"", max_length=16)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)

    objects = FollowQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow")
        verbose_name_plural = _("follows")
        constraints = [
            models.UniqueConstraint(
                fields=["identity", "employee"],
                condition=Q(ended_at__isnull=True),
                name="one_open_follow_per_pair",
            ),
            models.UniqueConstraint(
                fields=["identity", "employee", "started_at"],
                name="one_follow_per_pair_and_beginning",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("started_at")),
                name="a_follow_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(
                fields=["employee", "ended_at"], name="follows_of_an_employee"
            ),
            models.Index(fields=["-started_at"], name="follows_newest_first"),
            models.Index(
                fields=["-ended_at"],
                condition=Q(ended_at__isnull=False),
                name="follows_last_ended",
            ),
            models.Index(fields=["add_way"], name="follows_by_way"),
            models.Index(
                fields=["remark_corp_name"],
                condition=~Q(remark_corp_name=""),
                name="follows_of_a_company",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.employee_id} · {self.identity_id}"

    def digested(self, field: str, text: str) -> dict[str, bytes]:
        from apps.contacts.phones import digest_of_phones  # which needs this module

        return {"phones_digest": digest_of_phones(text)}

    @property
    def left_at(self) -> datetime | None:
        """When the contact walked away; not when an employee let them go."""
        return self.ended_at if self.ended_by == self.EndedBy.CONTACT else None

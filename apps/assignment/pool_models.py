"""Pool; what keeps a contact from being taken back, and who was told beforehand."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.assignment.querysets import PoolQuerySet
from apps.contacts.models import Contact
from apps.staff.models import Employee


class Pool(models.Model):
    """Where contacts wait whom nobody looks after, and who may take them from there.

    Nobody named as a member: all employees may see it and claim.
    """

    name = models.CharField(_("name"), max_length=40)
    is_general = models.BooleanField(
        _("general pool"),
        default=False,
        help_text=_("Takes whoever no rule sends to another pool."),
    )
    people = ArrayField(models.BigIntegerField(), default=list, blank=True)
    departments = ArrayField(models.BigIntegerField(), default=list, blank=True)
    claims_a_day = models.PositiveIntegerField(
        _("claims a day"), null=True, blank=True, help_text=_("Of each employee.")
    )
    most_in_hand = models.PositiveIntegerField(
        _("at most in hand"),
        null=True,
        blank=True,
        help_text=_("Whoever looks after so many may claim no more."),
    )
    views_a_day = models.PositiveIntegerField(
        _("shown a day"),
        null=True,
        blank=True,
        help_text=_("So many of the pool an employee may look through in a day."),
    )
    cool_down_days = models.PositiveSmallIntegerField(
        _("cool-down in days"),
        default=3,
        help_text=_("So long whoever had them last may not claim them again."),
    )
    reclaims_after = models.PositiveSmallIntegerField(
        _("taken back after days"),
        null=True,
        blank=True,
        help_text=_("Without a follow-up of its owner's people. None: never."),
    )
    stage_days = models.JSONField(
        _("days by stage"),
        default=dict,
        db_default={},
        blank=True,
        help_text=_("Other days for a lead of a stage; none: never in that stage."),
    )
    warns_before = models.PositiveSmallIntegerField(
        _("told days before"),
        default=3,
        db_default=3,
        help_text=_("Nobody is taken back who was not told so long before."),
    )
    spares_bought_days = models.PositiveSmallIntegerField(
        _("not who bought within days"), null=True, blank=True
    )
    spares_tags = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], blank=True
    )
    spares_shared = models.BooleanField(
        _("not whom a colleague has added as well"), default=False, db_default=False
    )
    most_protected = models.PositiveSmallIntegerField(
        _("protected at most"),
        default=20,
        db_default=20,
        help_text=_("So many an employee may keep from being taken back."),
    )
    protection_days = models.PositiveSmallIntegerField(
        _("protected for days"), default=30, db_default=30
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    version = models.PositiveIntegerField(_("version"), default=1)

    objects = PoolQuerySet.as_manager()

    class Meta:
        verbose_name = _("pool")
        verbose_name_plural = _("pools")
        permissions = [("claim_pool", "Can claim contacts from a pool")]
        ordering = ["-is_general", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_pool_per_name"),
            models.UniqueConstraint(
                fields=["is_general"],
                condition=Q(is_general=True),
                name="one_general_pool",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Protection(models.Model):
    """An employee keeps a contact from being taken back, until a day."""

    not_moved_by_merge = "Of two who are one the winner's protection counts."

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="protections"
    )
    until = models.DateTimeField(_("until"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        verbose_name = _("protection")
        verbose_name_plural = _("protections")
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], name="one_protection_per_contact"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.until:%Y-%m-%d}"


class Notice(models.Model):
    """An owner was told that a contact will be taken back, and when."""

    not_moved_by_merge = "it is worked out anew each day"

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    pool = models.ForeignKey(Pool, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(_("taken back at"))
    told_at = models.DateTimeField(_("told at"))

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        constraints = [
            models.UniqueConstraint(fields=["contact"], name="one_notice_per_contact")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.due_at:%Y-%m-%d}"

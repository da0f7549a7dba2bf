"""Level, EarningRule, PointsSetting, Membership and the ledger, PointsEntry."""

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.contacts.querysets import OfContactsQuerySet
from apps.staff.models import User

MOST = 100_000_000  # points or growth of one entry


class Level(models.Model):
    """How high a member stands: the highest whose growth value they have reached."""

    name = models.CharField(_("name"), max_length=20)
    growth_from = models.PositiveIntegerField(_("growth value from"), unique=True)
    percent = models.PositiveSmallIntegerField(
        _("points in percent"),
        default=100,
        help_text=_("150: whoever is on this level earns half as many points again."),
    )
    benefits = models.TextField(_("benefits"), max_length=1000, blank=True)

    class Meta:
        verbose_name = _("member level")
        verbose_name_plural = _("member levels")
        ordering = ["growth_from"]

    def __str__(self) -> str:
        return self.name


class EarningRule(models.Model):
    """What brings how many points by itself. Never changed: a change makes a new one,
    so that an entry says by which it was earned."""

    class When(models.TextChoices):
        """The values never change."""

        ORDER = "order", _("an order is paid")
        ADDED = "added", _("an employee is added for the first time")
        BEHAVIOUR = "behaviour", _("another system reports behaviour")

    when = models.CharField(_("when"), max_length=16, choices=When.choices)
    behaviour = models.CharField(_("kind of behaviour"), max_length=64, blank=True)
    points = models.PositiveIntegerField(
        _("points"), default=0, help_text=_("For an order: for each yuan paid.")
    )
    growth = models.PositiveIntegerField(_("growth value"), default=0)
    a_day = models.PositiveIntegerField(
        _("points a day, at most"),
        null=True,
        blank=True,
        validators=[MaxValueValidator(MOST)],
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    made_by = models.ForeignKey(
        User, verbose_name=_("created by"), on_delete=models.SET_NULL, null=True
    )
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    class Meta:
        verbose_name = _("rule of points")
        verbose_name_plural = _("rules of points")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["when", "behaviour"],
                condition=Q(ended_at__isnull=True),
                name="one_open_earning_rule_each",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_when_display()} {self.behaviour}".strip()


class PointsSetting(models.Model):
    """How long points and growth values count; one row."""

    months = models.PositiveSmallIntegerField(
        _("points count for so many months"), default=0, help_text=_("0: for ever.")
    )
    growth_days = models.PositiveSmallIntegerField(
        _("growth values count for so many days"),
        default=0,
        help_text=_("0: for ever."),
    )
    expired_until = models.DateTimeField(null=True, editable=False)
    aged_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("setting of points")
        verbose_name_plural = _("settings of points")

    def __str__(self) -> str:
        return f"{self.months} · {self.growth_days}"


class Membership(models.Model):
    """What the ledger of a contact comes to. The database keeps the sums, whoever
    writes the ledger (migrations/0002_sums.py)."""

    not_moved_by_merge = "The ledger moves, and the sums follow it."

    contact = models.OneToOneField(
        Contact, on_delete=models.CASCADE, related_name="membership"
    )
    joined_at = models.DateTimeField(_("joined at"), db_default=models.functions.Now())
    balance = models.BigIntegerField(_("points"), default=0, db_default=0)
    growth = models.BigIntegerField(_("growth value"), default=0, db_default=0)
    level = models.ForeignKey(
        Level,
        verbose_name=_("member level"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
    )
    level_since = models.DateTimeField(_("level since"), null=True, blank=True)

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        ordering = ["-joined_at", "-pk"]
        indexes = [
            models.Index(fields=["-joined_at", "-id"], name="memberships_newest"),
            models.Index(fields=["-balance", "-id"], name="members_by_points"),
            models.Index(fields=["-growth", "-id"], name="members_by_growth"),
            models.Index(
                fields=["level", "-joined_at", "-id"], name="members_of_a_level"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class PointsEntry(models.Model):
    """One line of the ledger, appended and never changed. What is told twice under one
    `key` stands here once."""

    class Kind(models.TextChoices):
        """The values never change."""

        EARNED = "earned", _("earned")
        TAKEN_BACK = "taken_back", _("taken back")  # of what was earned
        SPENT = "spent", _("spent")
        GIVEN_BACK = "given_back", _("given back")  # of what was spent
        EXPIRED = "expired", _("expired")
        CORRECTED = "corrected", _("corrected by hand")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="points"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices)
    points = models.BigIntegerField(_("points"), default=0)
    growth = models.BigIntegerField(_("growth value"), default=0)
    key = models.CharField(max_length=96, unique=True)
    of = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="changed"
    )
    rule = models.ForeignKey(
        EarningRule,
        verbose_name=_("rule of points"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
    )
    why = models.CharField(_("why"), max_length=200, blank=True)
    by = models.ForeignKey(
        User,
        verbose_name=_("by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
    )
    system = models.CharField(_("system"), max_length=32, blank=True)
    at = models.DateTimeField(_("at"))
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("points entry")
        verbose_name_plural = _("points entries")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["-at", "-id"], name="points_newest_first"),
            models.Index(fields=["contact", "-at", "-id"], name="points_of_a_contact"),
            models.Index(fields=["kind", "-at", "-id"], name="points_by_kind"),
            models.Index(
                fields=["expires_at", "contact"],
                name="points_that_expire",
                condition=Q(expires_at__isnull=False),
            ),
            models.Index(
                fields=["at", "id"],
                name="growth_that_ages",
                condition=Q(growth__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.points:+}"

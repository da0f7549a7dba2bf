"""Channel, Entry, and what is counted of them: turns, days, quota and balance."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.channels.querysets import ChannelQuerySet, EntryQuerySet
from apps.contacts.models import Contact, Follow
from apps.staff.models import Employee

QUOTA = 500_000  # contact ways and join ways of a corp together (wecom-api.md 3.4)


class Channel(models.Model):
    """A door: a QR code or link that carries a state, and the plan of who stands there.

    `draft` is what somebody edits, `plan` what is in force (see plan.py). `wanted` is
    what WeCom shall hold, `held` what it holds as far as we were told.
    """

    class Kind(models.TextChoices):
        """See kinds.py."""

        CODE = "code", _("channel code")
        LINK = "link", _("acquisition link")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        PUBLISHED = "published", _("published")
        STOPPED = "stopped", _("stopped")

    class Trouble(models.TextChoices):
        """What needs a person."""

        NONE = "", _("none")
        NOBODY = "nobody", _("nobody may be given: the last ones stay on it")
        FULL = "full", _("its cap is reached: the last ones stay on it")
        REFUSED = "refused", _("WeCom refuses it")
        QUOTA = "quota", _("the corp has no code left")
        LOST = "lost", _("it was deleted in WeCom")
        UNUSABLE = "unusable", _("nobody on it can be added, says WeCom")

    kind = models.CharField(
        _("kind"),
        max_length=4,
        choices=Kind.choices,
        default=Kind.CODE,
        db_default=Kind.CODE,
    )
    name = models.CharField(_("name"), max_length=40)
    folder = models.CharField(_("folder"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=30, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT
    )
    draft = models.JSONField(_("draft"), default=dict)
    plan = models.JSONField(_("plan"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    named = ArrayField(
        models.BigIntegerField(),
        default=list,
        blank=True,
        help_text=_("Employees whom the plan in force names."),
    )
    by_department = models.BooleanField(default=False)
    target = models.PositiveIntegerField(_("target"), null=True, blank=True)
    cost_per_day = models.PositiveIntegerField(
        _("cost per day"), null=True, blank=True, help_text=_("In fen.")
    )
    config_id = models.CharField(_("id in WeCom"), max_length=64, blank=True)
    qr_code = models.CharField(_("picture of the code"), max_length=500, blank=True)
    qr_text = models.CharField(_("what the code says"), max_length=500, blank=True)
    wanted = models.JSONField(default=dict, blank=True)
    held = models.JSONField(default=dict, blank=True)
    held_at = models.DateTimeField(_("said to WeCom at"), null=True, blank=True)
    barred = models.JSONField(
        default=dict,
        blank=True,
        help_text=_("Employees whom WeCom refuses, each with its error code."),
    )
    trouble = models.CharField(
        _("trouble"), max_length=8, choices=Trouble.choices, blank=True
    )
    errcode = models.IntegerField(_("error code"), default=0)
    next_at = models.DateTimeField(
        _("looked at next"),
        null=True,
        blank=True,
        help_text=_("When somebody comes on duty or goes off, or a new day begins."),
    )
    turns = models.PositiveIntegerField(_("turns"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    first_published_at = models.DateTimeField(null=True, blank=True, editable=False)
    published_at = models.DateTimeField(_("published at"), null=True, blank=True)

    objects = ChannelQuerySet.as_manager()

    class Meta:
        verbose_name = _("channel code")
        verbose_name_plural = _("channel codes")
        ordering = ["folder", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_channel_per_name"),
            models.UniqueConstraint(fields=["state"], name="one_channel_per_state"),
            models.UniqueConstraint(
                fields=["config_id"],
                condition=~Q(config_id=""),
                name="one_channel_per_contact_way",
            ),
            models.CheckConstraint(
                condition=~Q(state=""), name="a_channel_has_a_state"
            ),
            models.CheckConstraint(
                condition=Q(plan__isnull=False) | Q(status="draft"),
                name="what_is_published_has_a_plan",
            ),
        ]
        indexes = [
            GinIndex(fields=["named"], name="channels_of_an_employee"),
            models.Index(
                fields=["next_at"],
                condition=Q(status="published"),
                name="channels_to_look_at",
            ),
            models.Index(
                fields=["trouble"],
                condition=~Q(trouble=""),
                name="channels_in_trouble",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_link(self) -> bool:
        return self.kind == self.Kind.LINK

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def is_changed(self) -> bool:
        """Is the draft another plan than the one in force?"""
        return self.plan is not None and self.draft != self.plan

    @property
    def is_told(self) -> bool:
        """Does WeCom hold what it shall hold, as far as we know?"""
        return bool(self.config_id) and self.held == self.wanted


class Entry(models.Model):
    """A contact came through a channel: one follow that carries its state.

    `counted` says whether it took a turn. Who is a colleague's customer already takes
    none where the code is exclusive. The database sees to `has_left` (see the
    migration).
    """

    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, db_index=False, related_name="entries"
    )
    follow = models.OneToOneField(
        Follow, on_delete=models.CASCADE, related_name="entry"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="entries"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.PROTECT, related_name="entries"
    )
    at = models.DateTimeField(_("at"))
    counted = models.BooleanField(_("took a turn"), default=True)
    over = models.BooleanField(
        _("beyond a cap"),
        default=False,
        help_text=_("WeCom let them in although a cap was reached."),
    )
    spoke_at = models.DateTimeField(_("wrote first at"), null=True, blank=True)
    messages = models.PositiveIntegerField(
        _("messages"),
        default=0,
        db_default=0,
        help_text=_("As far as WeCom tells of whom a link brought."),
    )

    has_left = models.BooleanField(
        _("has left"), default=False, db_default=False, editable=False
    )

    objects = EntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry")
        verbose_name_plural = _("entries")
        ordering = ["-at", "-pk"]
        indexes = [
            models.Index(fields=["channel", "-at", "-id"], name="entries_of_a_channel"),
            models.Index(fields=["contact", "at", "id"], name="entries_of_a_contact"),
            models.Index(
                fields=["channel"],
                condition=Q(has_left=True),
                name="entries_that_left",
            ),
            models.Index(
                fields=["channel"],
                condition=Q(spoke_at__isnull=False),
                name="entries_that_wrote",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} · {self.follow_id}"


class Turn(models.Model):
    """How often an employee was given somebody by a channel, and when last.

    `number` is the channel's count of turns then; `credit` is what the weights owe
    them (see choose.py).
    """

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="taken"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="turns"
    )
    given = models.PositiveIntegerField(_("given"), default=0)
    number = models.PositiveIntegerField(_("last turn"), default=0)
    credit = models.IntegerField(_("owed"), default=0)

    class Meta:
        verbose_name = _("turn")
        verbose_name_plural = _("turns")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "employee"], name="one_turn_per_employee"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} · {self.employee_id}"


class ChannelDay(models.Model):
    """How many an employee was given by a channel on one day of the corp's zone.

    Nothing is ever reset: a new day is a new row.
    """

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="days"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    day = models.DateField(_("day"))
    added = models.PositiveIntegerField(_("given"), default=0)
    again = models.PositiveIntegerField(
        _("took no turn"),
        default=0,
        help_text=_("Customers of a colleague, who came again."),
    )
    over = models.PositiveIntegerField(_("beyond a cap"), default=0)

    class Meta:
        verbose_name = _("day of a channel")
        verbose_name_plural = _("days of channels")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "day", "employee"],
                name="one_row_per_channel_day_and_employee",
            ),
            models.CheckConstraint(
                condition=Q(over__lte=F("added")), name="what_is_over_was_added"
            ),
        ]
        indexes = [
            models.Index(fields=["employee", "day"], name="channel_days_of_an_employee")
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} · {self.day}"


class Quota(models.Model):
    """How many contact ways the corp has, as a pull counted them. One row."""

    number = models.PositiveSmallIntegerField(primary_key=True, default=1)
    used = models.PositiveIntegerField(_("used"), default=0)
    counted_at = models.DateTimeField(_("counted at"))

    class Meta:
        verbose_name = _("quota of codes")
        verbose_name_plural = _("quotas of codes")

    def __str__(self) -> str:
        return f"{self.used} / {QUOTA}"

    @property
    def share(self) -> Any:
        return self.used / QUOTA


class LinkDay(models.Model):
    """How a link was used on one day of the corp's zone, as WeCom counts it."""

    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="link_days"
    )
    day = models.DateField(_("day"))
    opened = models.PositiveIntegerField(_("opened it"), default=0)
    added = models.PositiveIntegerField(_("added somebody"), default=0)

    class Meta:
        verbose_name = _("day of a link")
        verbose_name_plural = _("days of links")
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "day"], name="one_row_per_link_and_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.channel_id} · {self.day}"


class Balance(models.Model):
    """How many contacts links may still bring, as WeCom told it last. One row."""

    LOW = 20  # below which WeCom warns (wecom-api.md 4.6)

    row = models.PositiveSmallIntegerField(primary_key=True, default=1)
    total = models.PositiveIntegerField(_("total"), default=0)
    left = models.PositiveIntegerField(_("left"), default=0)
    expires_on = models.DateField(_("some expire on"), null=True, blank=True)
    expiring = models.PositiveIntegerField(_("expire then"), default=0)
    read_at = models.DateTimeField(_("read at"))

    class Meta:
        verbose_name = _("balance of links")
        verbose_name_plural = _("balances of links")

    def __str__(self) -> str:
        return f"{self.left} / {self.total}"

    @property
    def is_low(self) -> bool:
        return self.left < self.LOW

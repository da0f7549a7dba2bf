"""Welcome, whom it greets for, and Greeting: one new friend, greeted or not."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact, Follow
from apps.staff.models import Department, Employee
from apps.wecom.models import Command
from apps.welcomes.querysets import GreetingQuerySet, WelcomeQuerySet


class Welcome(models.Model):
    """A message to new friends. `told` is what a form wrote (see content.py): text and
    attachments, and others for some hours or days."""

    name = models.CharField(_("name"), max_length=40)
    told = models.JSONField(_("message"), default=dict)
    is_on = models.BooleanField(_("switched on"), default=True)
    is_default = models.BooleanField(
        _("for everybody else"),
        default=False,
        help_text=_("Greets for whoever no other welcome greets for."),
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = WelcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("welcome")
        verbose_name_plural = _("welcomes")
        ordering = ["-is_default", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_welcome_per_name"),
            models.UniqueConstraint(
                fields=["is_default"],
                condition=Q(is_default=True),
                name="one_welcome_for_everybody_else",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Greeter(models.Model):
    """A welcome greets for an employee, or for a department and all below it."""

    welcome = models.ForeignKey(
        Welcome, on_delete=models.CASCADE, related_name="greeters"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, null=True, related_name="+"
    )
    department = models.ForeignKey(
        Department, on_delete=models.CASCADE, null=True, related_name="+"
    )

    class Meta:
        verbose_name = _("whom a welcome greets for")
        verbose_name_plural = _("whom welcomes greet for")
        constraints = [
            models.UniqueConstraint(
                fields=["employee"], name="one_welcome_per_employee"
            ),
            models.UniqueConstraint(
                fields=["department"], name="one_welcome_per_department"
            ),
            models.CheckConstraint(
                condition=Q(employee__isnull=True) ^ Q(department__isnull=True),
                name="a_greeter_is_one_of_both",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.welcome_id} · {self.employee_id or self.department_id}"


class Greeting(models.Model):
    """A new friend, and what became of greeting them.

    `code` is a digest of WeCom's welcome code: whoever writes the row may send, so one
    code is never used twice.
    """

    class By(models.TextChoices):
        """Which rule chose the welcome."""

        NOBODY = "", _("no rule")
        DOOR = "door", _("the channel code")
        EMPLOYEE = "employee", _("the employee")
        DEPARTMENT = "department", _("the department")
        DEFAULT = "default", _("for everybody else")

    class Outcome(models.TextChoices):
        WAITING = "waiting", _("is being sent")
        SENT = "sent", _("greeted")
        MISSED = "missed", _("not greeted")
        UNKNOWN = "unknown", _("perhaps greeted")

    class Reason(models.TextChoices):
        """Why not."""

        NONE = "", _("none")
        NO_CODE = "no_code", _("WeCom allowed no welcome")
        NO_WELCOME = "no_rule", _("no welcome is meant for them")
        DOOR_SAYS_NONE = "door", _("the channel code greets nobody")
        GREETED = "greeted", _("they were greeted already")
        LATE = "late", _("the 20 seconds were over")
        TAKEN = "taken", _("the chat had begun, or another app was faster")
        NOT_READY = "files", _("its files were not in WeCom")
        REFUSED = "refused", _("WeCom refused it")
        LOST = "lost", _("the connection broke off; it is not sent twice")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="greetings"
    )
    follow = models.ForeignKey(
        Follow, on_delete=models.SET_NULL, null=True, related_name="greetings"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    code = models.CharField(max_length=64, blank=True, editable=False)
    welcome = models.ForeignKey(
        Welcome, on_delete=models.SET_NULL, db_index=False, null=True, related_name="+"
    )
    version = models.PositiveIntegerField(_("version of the welcome"), default=0)
    by = models.CharField(_("chosen by"), max_length=10, choices=By.choices, blank=True)
    door = models.CharField(_("channel code"), max_length=40, blank=True)
    part = models.CharField(
        _("hours"), max_length=80, blank=True, help_text=_("Which hours of it.")
    )
    left_out = models.PositiveSmallIntegerField(_("files left out"), default=0)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome.choices)
    reason = models.CharField(
        _("why not"), max_length=8, choices=Reason.choices, blank=True
    )
    errcode = models.IntegerField(_("error code"), default=0)
    command = models.ForeignKey(
        Command, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("added at"))
    ended_at = models.DateTimeField(_("known at"), null=True, blank=True)

    objects = GreetingQuerySet.as_manager()

    class Meta:
        verbose_name = _("greeting")
        verbose_name_plural = _("greetings")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~Q(code=""), name="one_greeting_per_code"
            )
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="greetings_as_they_came"),
            models.Index(fields=["contact", "-at"], name="greetings_of_a_contact"),
            models.Index(
                fields=["welcome", "-at", "-id"], name="greetings_of_a_welcome"
            ),
            models.Index(
                fields=["employee", "-at", "-id"], name="greetings_of_an_employee"
            ),
            models.Index(
                fields=["outcome", "-at", "-id"],
                condition=~Q(outcome="sent"),
                name="greetings_not_sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.get_outcome_display()}"

    @property
    def took(self) -> timedelta | None:
        """From the moment they were added, by WeCom's clock, which tells whole seconds
        only."""
        if self.ended_at is None or self.outcome != self.Outcome.SENT:
            return None
        return max(self.ended_at - self.at, timedelta(0))

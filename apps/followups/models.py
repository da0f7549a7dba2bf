"""Stage, Lead, Task, Note; and by way of here what people are reminded of."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.followups.querysets import (
    LeadQuerySet,
    StageQuerySet,
    TaskQuerySet,
)
from apps.staff.models import Employee


class Stage(models.Model):
    """How far a lead has come. The company names its own, and puts them in order."""

    class Ends(models.TextChoices):
        """What becomes of a lead that comes here."""

        NO = "", _("goes on")
        WON = "won", _("won")
        LOST = "lost", _("lost")

    name = models.CharField(_("name"), max_length=20)
    place = models.PositiveSmallIntegerField(_("place"))
    probability = models.PositiveSmallIntegerField(
        _("probability"), default=0, help_text=_("That it is won, in percent.")
    )
    ends = models.CharField(_("ends"), max_length=4, choices=Ends.choices, blank=True)
    contact_within = models.PositiveIntegerField(
        _("contact within"),
        null=True,
        blank=True,
        help_text=_("Working minutes until somebody must have followed up."),
    )
    needs_amount = models.BooleanField(
        _("needs an amount"),
        default=False,
        help_text=_("Only leads with an expected amount come here."),
    )
    retired_at = models.DateTimeField(_("retired at"), null=True, blank=True)

    objects = StageQuerySet.as_manager()

    class Meta:
        verbose_name = _("stage")
        verbose_name_plural = _("stages")
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(retired_at__isnull=True),
                name="one_stage_per_name",
            ),
            models.CheckConstraint(
                condition=Q(probability__lte=100), name="a_probability_is_a_percentage"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Lead(models.Model):
    """A chance to sell to a contact; at most one of a contact is open.

    `owner` is the contact's while it is open, and `folded` says that it lies with
    somebody who was merged away; the database sees to both (see the migration).
    """

    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="leads",
    )
    owner = models.ForeignKey(
        Employee,
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="leads",
    )
    stage = models.ForeignKey(
        Stage,
        verbose_name=_("stage"),
        on_delete=models.PROTECT,
        db_index=False,
        related_name="leads",
    )
    stage_since = models.DateTimeField(_("in this stage since"))
    amount = models.PositiveBigIntegerField(
        _("expected amount"), null=True, blank=True, help_text=_("In fen.")
    )
    lost_reason = models.CharField(_("why lost"), max_length=20, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    touched_at = models.DateTimeField(
        _("last followed up"), help_text=_("Until then: when it was opened.")
    )
    folded = models.BooleanField(default=False, editable=False)

    objects = LeadQuerySet.as_manager()

    class Meta:
        verbose_name = _("lead")
        verbose_name_plural = _("leads")
        ordering = ["-stage_since", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(closed_at__isnull=True),
                name="one_open_lead_per_contact",
            ),
            models.CheckConstraint(
                condition=Q(lost_reason="") | Q(closed_at__isnull=False),
                name="what_was_lost_is_closed",
            ),
        ]
        indexes = [
            models.Index(fields=["contact", "-opened_at"], name="leads_of_a_contact"),
            models.Index(
                fields=["stage", "-stage_since", "-id"],
                include=["amount"],
                condition=Q(folded=False),
                name="leads_of_a_stage",
            ),
            models.Index(
                fields=["owner", "stage", "-stage_since", "-id"],
                include=["amount"],
                condition=Q(folded=False),
                name="leads_of_an_owner",
            ),
            models.Index(
                fields=["-stage_since", "-id"],
                condition=Q(folded=False),
                name="leads_newest_first",
            ),
            models.Index(
                fields=["owner", "touched_at"],
                condition=Q(closed_at__isnull=True, folded=False),
                name="leads_that_are_silent",
            ),
            models.Index(
                fields=["touched_at"],
                condition=Q(closed_at__isnull=True, folded=False),
                name="leads_nobody_works_on",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} · {self.stage_id}"

    @property
    def is_open(self) -> bool:
        return self.closed_at is None


class Task(models.Model):
    """What must be done next for a contact, by whom, until when.

    `next_at` is when somebody must be told something about it, and `told` what was.
    """

    class Kind(models.TextChoices):
        STEP = "step", _("next step")
        CONTACT = "contact", _("first contact")  # as its stage demands

    class Told(models.IntegerChoices):
        NOTHING = 0, _("nothing yet")
        DUE = 1, _("that it is due")
        OVERDUE = 2, _("that it is overdue")
        MANAGER = 3, _("the manager too")

    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="tasks",
    )
    lead = models.ForeignKey(
        Lead,
        verbose_name=_("lead"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tasks",
    )
    employee = models.ForeignKey(
        Employee,
        verbose_name=_("employee"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="tasks",
    )
    kind = models.CharField(
        _("kind"), max_length=8, choices=Kind.choices, default=Kind.STEP
    )
    text = models.CharField(_("what to do"), max_length=200, blank=True)
    due_at = models.DateTimeField(_("due at"))
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"))
    done_at = models.DateTimeField(_("done at"), null=True, blank=True)
    dropped = models.BooleanField(
        _("dropped"), default=False, help_text=_("Ended without being done.")
    )
    told = models.PositiveSmallIntegerField(
        _("told"), choices=Told.choices, default=Told.NOTHING
    )
    next_at = models.DateTimeField(_("told next"), null=True, blank=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        verbose_name = _("task")
        verbose_name_plural = _("tasks")
        ordering = ["due_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["lead"],
                condition=Q(kind="contact", done_at__isnull=True),
                name="one_first_contact_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["employee", "due_at", "id"],
                condition=Q(done_at__isnull=True),
                name="tasks_of_an_employee",
            ),
            models.Index(fields=["contact", "due_at", "id"], name="tasks_of_a_contact"),
            models.Index(
                fields=["next_at"],
                condition=Q(done_at__isnull=True),
                name="tasks_to_tell_of",
            ),
        ]

    def __str__(self) -> str:
        return self.text or str(self.get_kind_display())


from apps.followups.note_models import (  # noqa: E402
    LONGEST,
    Mention,
    Note,
    NotePicture,
)
from apps.followups.notice_models import Notice, WorkSetting  # noqa: E402

__all__ = [
    "LONGEST",
    "Lead",
    "Mention",
    "Note",
    "NotePicture",
    "Notice",
    "Stage",
    "Task",
    "WorkSetting",
]

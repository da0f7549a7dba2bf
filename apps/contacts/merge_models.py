"""Merge, Moved, Proposal, Uncompared: who is the same person as whom."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.contacts.querysets import ProposalQuerySet


class Sign(models.TextChoices):
    """Why two contacts may be one person."""

    UNION = "union", _("the same WeChat union id")
    PHONE_VERIFIED = "proven", _("the same verified phone")
    EXTERNAL = "external", _("WeCom says it is the same customer")
    OPEN = "open", _("the same WeChat open id")
    OTHER = "other", _("the same id in another system")
    PHONE = "phone", _("the same phone")
    EMAIL = "email", _("the same e-mail")
    EMAIL_NEAR = "near", _("almost the same e-mail")
    COMPANY = "company", _("the same name and company")
    CITY = "city", _("the same name and city")
    NAME = "name", _("the same name")
    CHOSEN = "chosen", _("chosen by a person")


class Merge(models.Model):
    """Two contacts turned out to be one person: the journal to take it back from.

    `fields` holds, for the number of either contact, what each field was before and
    what it was afterwards.
    """

    not_moved_by_merge = "the journal says between whom it was"

    winner = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="merges"
    )
    loser = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="merged_by"
    )
    fields = models.JSONField(default=dict)
    reasons = ArrayField(
        models.CharField(max_length=8, choices=Sign.choices), default=list
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("merged by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("Empty when the rules did it by themselves."),
    )
    at = models.DateTimeField(_("merged at"))
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("taken back by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    undone_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    later = models.JSONField(
        default=dict,
        help_text=_("What came after the merge and stayed when it was taken back."),
    )

    class Meta:
        verbose_name = _("merge")
        verbose_name_plural = _("merges")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["loser"],
                condition=Q(undone_at__isnull=True),
                name="one_standing_merge_per_loser",
            ),
            models.CheckConstraint(
                condition=~Q(winner=F("loser")), name="nobody_is_merged_into_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.loser_id} → {self.winner_id}"


class Moved(models.Model):
    """What one merge did with the rows of one model that point at a contact.

    `moved` went to the winner. Where unique rows collided, the survivor is the
    winner's: `risen` are survivors that came from the loser, `folded` gave way to them
    and lie with the loser, as do `stayed`, which gave way where they were. `last_key`
    was the newest row of all when it happened: what is newer came later.
    """

    merge = models.ForeignKey(Merge, on_delete=models.CASCADE, related_name="moved")
    model = models.CharField(max_length=80)
    field = models.CharField(max_length=64)
    moved = ArrayField(models.TextField(), default=list)
    risen = ArrayField(models.TextField(), default=list)
    folded = ArrayField(models.TextField(), default=list)
    stayed = ArrayField(models.TextField(), default=list)
    last_key = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["merge", "model", "field"], name="one_line_per_merge_and_link"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model}.{self.field} · {self.merge_id}"


class Proposal(models.Model):
    """Two contacts who may be one person, and what was decided about them.

    Those of whom it is `certain` are merged without asking.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("to be decided")
        MERGED = "merged", _("merged")
        NEVER = "never", _("never these two")
        OVERTAKEN = "overtaken", _("overtaken by another merge")
        GONE = "gone", _("not alike any more")

    not_moved_by_merge = "a merge overtakes it, and whom it leaves is compared anew"

    low = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="proposals_low"
    )
    high = models.ForeignKey(
        "contacts.Contact", on_delete=models.CASCADE, related_name="proposals_high"
    )
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.OPEN
    )
    certain = models.BooleanField(default=False)
    confidence = models.PositiveSmallIntegerField(_("confidence"))
    reasons = ArrayField(
        models.CharField(max_length=8, choices=Sign.choices), default=list
    )
    found_at = models.DateTimeField(_("found at"))
    later_until = models.DateTimeField(_("not before"), null=True, blank=True)
    decided_at = models.DateTimeField(_("decided at"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("decided by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    merge = models.ForeignKey(
        Merge, on_delete=models.SET_NULL, null=True, related_name="proposals"
    )

    objects = ProposalQuerySet.as_manager()

    class Meta:
        verbose_name = _("possible duplicate")
        verbose_name_plural = _("possible duplicates")
        ordering = ["-confidence", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["low", "high"], name="one_proposal_per_pair"
            ),
            models.CheckConstraint(
                condition=Q(low__lt=F("high")), name="the_lower_contact_stands_first"
            ),
        ]
        indexes = [
            models.Index(
                fields=["-confidence", "-id"],
                condition=Q(status="open"),
                name="proposals_to_decide",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.low_id} ≟ {self.high_id}"


class Uncompared(models.Model):
    """A contact who changed since their likes were last looked for."""

    not_moved_by_merge = "whom it is about is compared or is gone"

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contact"], name="compared_once_at_a_time")
        ]

    def __str__(self) -> str:
        return f"{self.contact_id}"


class Walk(models.Model):
    """How far the nightly comparison of all contacts has come; one row at most."""

    after = models.BigIntegerField(default=0)
    last = models.BigIntegerField(default=0)
    began_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.after} / {self.last}"

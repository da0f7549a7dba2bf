"""Handover, Offer: contacts and groups of an employee move to colleagues."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Identity
from apps.contacts.querysets import whom
from apps.groups.models import GroupChat
from apps.staff.models import Employee

if TYPE_CHECKING:
    from apps.staff.models import User


class HandoverQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "HandoverQuerySet":
        """Those of colleagues in reach."""
        if not user.has_perm("assignment.view_handover"):
            return self.none()
        if user.reach is None:
            return self
        return self.filter(giver__in=sorted(user.reach))


class Handover(models.Model):
    """An employee's contacts and groups are offered to colleagues.

    The plan holds the rule and the takers. Names are kept as they were, since accounts
    are renamed and deleted.
    """

    class Rule(models.TextChoices):
        EVEN = "even", _("evenly: each as many as the others")
        LOAD = "load", _("by load: whoever has fewest contacts gets most")
        NEAR = "near", _("by department: colleagues of the same department first")
        TAG = "tag", _("by tag: each gets those with the tags they take")
        WORTH = "worth", _("by worth: each as many, and of the best as many")

    giver = models.ForeignKey(
        Employee,
        verbose_name=_("hands over"),
        on_delete=models.PROTECT,
        related_name="handovers",
    )
    giver_name = models.CharField(_("name then"), max_length=255)
    rule = models.CharField(_("dealt out"), max_length=5, choices=Rule.choices)
    plan = models.JSONField(_("plan"), default=dict)
    message = models.CharField(
        _("message"),
        max_length=200,
        blank=True,
        help_text=_("What WeCom tells the contacts, if the giver is still with us."),
    )
    second_choice = models.BooleanField(
        _("second choice"),
        default=True,
        help_text=_(
            "Whoever refuses, or whose taker is full, is offered to the next colleague."
        ),
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)

    objects = HandoverQuerySet.as_manager()

    class Meta:
        verbose_name = _("handover")
        verbose_name_plural = _("handovers")
        ordering = ["-made_at", "-pk"]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="handovers_newest_first")
        ]

    def __str__(self) -> str:
        return self.giver_name


class OfferQuerySet(models.QuerySet):
    def visible_to(self, user: "User") -> "OfferQuerySet":
        """Of contacts those whom they may see, and of groups those of the handover."""
        seen = self.filter(handover__in=Handover.objects.visible_to(user))
        if user.reach is None:
            return seen
        return seen.filter(Q(identity=None) | whom(user, "identity__contact"))

    def of_contacts(self) -> "OfferQuerySet":
        return self.filter(identity__isnull=False)

    def of_groups(self) -> "OfferQuerySet":
        return self.filter(group__isnull=False)

    def running(self) -> "OfferQuerySet":
        return self.filter(state__in=Offer.RUNNING)


class Offer(models.Model):
    """One contact, or one group, offered to one taker.

    queued -> asked (WeCom is told, and has not answered) -> offered (WeCom has begun)
    -> what became of it. Nothing goes back, but from `asked` to `queued` when it is
    certain that WeCom has never heard of it. Nothing is offered by two rows at a time.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("waits to be offered")
        ASKED = "asked", _("WeCom is being told")
        OFFERED = "offered", _("offered, waits for the customer")
        DONE = "done", _("handed over")
        FRIEND = "friend", _("was the taker's friend already")
        REFUSED = "refused", _("the customer refused")
        FULL = "full", _("the taker is full")
        FAILED = "failed", _("WeCom refused")
        TOO_OFTEN = "often", _("moved too often")
        LOST = "lost", _("left while waiting")
        EXPIRED = "expired", _("without an answer")
        STOPPED = "stopped", _("taken back")

    RUNNING = (State.QUEUED, State.ASKED, State.OFFERED)
    MOVED = (State.DONE, State.FRIEND)
    # Somebody else may be asked to take these.
    ANEW = (State.REFUSED, State.FULL, State.FAILED, State.EXPIRED, State.STOPPED)

    handover = models.ForeignKey(
        Handover, on_delete=models.CASCADE, db_index=False, related_name="offers"
    )
    identity = models.ForeignKey(
        Identity,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        null=True,
        related_name="offers",
    )
    group = models.ForeignKey(
        GroupChat,
        verbose_name=_("group chat"),
        on_delete=models.CASCADE,
        null=True,
        related_name="offers",
    )
    giver = models.ForeignKey(
        Employee, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    taker = models.ForeignKey(
        Employee,
        verbose_name=_("taker"),
        on_delete=models.PROTECT,
        db_index=False,
        related_name="+",
    )
    taker_name = models.CharField(_("name then"), max_length=255)
    attempt = models.PositiveSmallIntegerField(_("attempt"), default=1)
    state = models.CharField(
        _("state"), max_length=7, choices=State.choices, default=State.QUEUED
    )
    errcode = models.IntegerField(_("error code"), null=True, blank=True)
    of_a_leaver = models.BooleanField(
        _("of a leaver"),
        default=False,
        help_text=_("By which of WeCom's two ways it was asked."),
    )
    command_id = models.BigIntegerField(_("command"), null=True, blank=True)
    due_at = models.DateTimeField(_("due at"), default=timezone.now)
    asked_at = models.DateTimeField(_("asked at"), null=True, blank=True)
    takes_effect_at = models.DateTimeField(_("takes effect"), null=True, blank=True)
    ended_at = models.DateTimeField(_("done at"), null=True, blank=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["identity"],
                condition=Q(state__in=["queued", "asked", "offered"]),
                name="one_running_offer_per_contact",
            ),
            models.UniqueConstraint(
                fields=["group"],
                condition=Q(state__in=["queued", "asked", "offered"]),
                name="one_running_offer_per_group",
            ),
            models.UniqueConstraint(
                fields=["handover", "identity", "taker"],
                condition=Q(identity__isnull=False),
                name="one_offer_per_taker",
            ),
            models.CheckConstraint(
                condition=Q(identity__isnull=True) ^ Q(group__isnull=True),
                name="an_offer_is_of_a_contact_or_a_group",
            ),
        ]
        indexes = [
            models.Index(fields=["handover", "state"], name="offers_of_a_handover"),
            models.Index(
                fields=["giver", "taker", "state"],
                condition=Q(state__in=["queued", "asked", "offered"]),
                name="offers_running",
            ),
            models.Index(fields=["taker", "-asked_at"], name="offers_to_a_taker"),
        ]

    def __str__(self) -> str:
        return f"{self.identity_id or self.group_id} · {self.taker_name}"

    @property
    def is_running(self) -> bool:
        return self.state in self.RUNNING

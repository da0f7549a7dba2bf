"""Sign and Trace: what looks like cheating, and what it is seen by."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.contacts.models import Contact
from apps.referrals.models import Invite
from apps.referrals.querysets import SignQuerySet
from apps.staff.models import User


class Sign(models.Model):
    """A sign of cheating with its reason and weight, and what a person made of it.

    `seen` holds the figures that it is seen by, and under "referrals" whom it is about:
    these a person voids or accepts.
    """

    class Kind(models.TextChoices):
        """The values never change."""

        BURST = "burst", _("many helpers within minutes")
        SAME_DEVICE = "same_device", _("the same device or address")
        SAME_PHONE = "same_phone", _("the same number")
        LEFT_AT_ONCE = "left_at_once", _("helpers who leave at once")
        RING = "ring", _("a closed ring")
        SECOND_SELF = "second_self", _("themselves under a second account")
        WOKE_UP = "woke_up", _("an inviter who woke up")

    class Verdict(models.TextChoices):
        OPEN = "", _("to be looked at")
        ACCEPTED = "accepted", _("accepted")
        VOIDED = "voided", _("voided")

    invite = models.ForeignKey(
        Invite,
        verbose_name=_("invite"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="signs",
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    weight = models.PositiveSmallIntegerField(_("weight"))
    seen = models.JSONField(_("what was seen"), default=dict)
    verdict = models.CharField(
        _("verdict"), max_length=8, choices=Verdict.choices, blank=True
    )
    reviewed_by = models.ForeignKey(
        User,
        verbose_name=_("reviewed by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True, blank=True)
    at = models.DateTimeField(_("at"))

    objects = SignQuerySet.as_manager()

    class Meta:
        verbose_name = _("sign of cheating")
        verbose_name_plural = _("signs of cheating")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["invite", "kind"], name="one_sign_each")
        ]
        indexes = [
            models.Index(
                fields=["-at", "-id"],
                condition=Q(verdict=""),
                name="signs_to_look_at",
            ),
            models.Index(fields=["-at", "-id"], name="signs_newest_first"),
        ]

    def __str__(self) -> str:
        return self.kind


class Trace(models.Model):
    """By which device, address or number somebody took part in a campaign, as the
    mini-program or page told it: an HMAC, which tells equals and nothing else."""

    class Kind(models.TextChoices):
        """The values never change."""

        DEVICE = "device", _("device")
        ADDRESS = "address", _("address and browser")
        PHONE = "phone", _("phone")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    kind = models.CharField(_("kind"), max_length=7, choices=Kind.choices)
    digest = models.BinaryField(max_length=16)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("trace")
        verbose_name_plural = _("traces")
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "campaign", "kind", "digest"],
                name="one_trace_each",
            )
        ]
        indexes = [
            models.Index(
                fields=["campaign", "kind", "digest"], name="traces_that_are_alike"
            )
        ]

    def __str__(self) -> str:
        return self.kind

"""Cost and Reckoning: what was spent on what, and what an attribution came to."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.channels.models import Channel

MOST = 10**13  # fen


class Cost(models.Model):
    """Money that was spent on a channel or a campaign, spread evenly over its days."""

    class Kind(models.TextChoices):
        """The values never change."""

        MEDIA = "media", _("media")
        REWARDS = "rewards", _("rewards")
        TIME = "time", _("employees' time")
        OTHER = "other", _("other")

    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("channel code"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="costs",
    )
    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="costs",
    )
    first_on = models.DateField(_("from"))
    last_on = models.DateField(_("to"))
    amount = models.PositiveBigIntegerField(_("amount"), help_text=_("In fen."))
    note = models.CharField(_("remark"), max_length=100, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("cost")
        verbose_name_plural = _("cost and return")
        ordering = ["-last_on", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(channel__isnull=True) ^ Q(campaign__isnull=True),
                name="a_cost_is_of_a_channel_or_of_a_campaign",
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=F("first_on")), name="a_cost_has_days"
            ),
        ]
        indexes = [models.Index(fields=["-last_on", "-id"], name="costs_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.first_on} ～ {self.last_on}"

    @property
    def of(self) -> Channel | Campaign | None:
        return self.channel or self.campaign


class Reckoning(models.Model):
    """What an attribution of all contacts came to, over so many days until `last`.

    Made at night for those that take long; what a page asks otherwise is reckoned at
    once (see kept.py).
    """

    goal = models.CharField(max_length=8)
    by = models.CharField(max_length=8)
    window = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    last = models.DateField(_("until"))
    told = models.JSONField(default=dict)
    made_at = models.DateTimeField(_("reckoned at"), default=timezone.now)

    class Meta:
        verbose_name = _("attribution")
        verbose_name_plural = _("attributions")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["goal", "by", "window", "days"], name="one_reckoning_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.goal} · {self.by} · {self.days}"

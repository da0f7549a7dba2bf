"""Delta and Rung: what is still to be added to counts, and how many stand how high."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.referrals.models import Invite


class Delta(models.Model):
    """What a referral adds to the counts of an invite and of all above it; folded into
    them and deleted (see graph.py)."""

    invite = models.ForeignKey(
        Invite,
        on_delete=models.CASCADE,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    points = models.SmallIntegerField()

    class Meta:
        verbose_name = _("delta of counts")
        verbose_name_plural = _("deltas of counts")

    def __str__(self) -> str:
        return f"{self.invite_id} {self.points:+}"


class Rung(models.Model):
    """How many invites of a campaign have brought so many, themselves or in all; of
    nought it is not kept. One's own rank is a sum over them (see graph.py)."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    is_total = models.BooleanField(_("in all"))
    value = models.IntegerField(_("brought"))
    many = models.IntegerField(_("invites"))

    class Meta:
        verbose_name = _("rung")
        verbose_name_plural = _("rungs")
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "is_total", "value"], name="one_rung_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.value} · {self.many}"

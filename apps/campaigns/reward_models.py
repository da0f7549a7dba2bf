"""Reward, Grant, CouponCode, DrawTable and Draw: what may be won, and who won it."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign, Participation
from apps.campaigns.querysets import GrantQuerySet
from apps.common.resealing import SealedField
from apps.contacts.models import Contact
from apps.contacts.querysets import OfContactsQuerySet
from apps.staff.models import User


class Reward(models.Model):
    """A tier or a prize. `left` is `initial` less the grants that live, always."""

    class Kind(models.TextChoices):
        """The values never change."""

        POINTS = "points", _("points")
        COUPON = "coupon", _("coupon code")
        PHYSICAL = "physical", _("something to be sent")
        TEXT = "text", _("a text")
        MANUAL = "manual", _("handed out by a colleague")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, related_name="rewards"
    )
    place = models.PositiveSmallIntegerField(_("place"), default=1)
    name = models.CharField(_("name"), max_length=40)
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    needed = models.PositiveIntegerField(
        _("helpers needed"), default=0, help_text=_("0: for whoever takes part.")
    )
    initial = models.PositiveIntegerField(_("stock"))
    left = models.PositiveIntegerField(_("left"), editable=False)
    per_person = models.PositiveSmallIntegerField(_("for each, at most"), default=1)
    points = models.PositiveIntegerField(_("points"), default=0)
    text = models.TextField(_("text"), max_length=500, blank=True)
    value = models.PositiveIntegerField(
        _("costs us"), default=0, help_text=_("Each, in fen.")
    )
    weight = models.PositiveIntegerField(
        _("chance"), default=0, help_text=_("Of 10,000 draws, for lotteries.")
    )

    class Meta:
        verbose_name = _("prize")
        verbose_name_plural = _("prizes")
        ordering = ["campaign", "place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "place"], name="one_prize_per_place"
            ),
            models.CheckConstraint(
                condition=Q(left__lte=F("initial")), name="no_more_left_than_there_was"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Grant(models.Model):
    """One reward given once: the `number`-th of this reward to this person."""

    class Status(models.TextChoices):
        GRANTED = "granted", _("to be handed out")
        DELIVERED = "delivered", _("delivered")
        VOIDED = "voided", _("taken back")

    reward = models.ForeignKey(
        Reward,
        verbose_name=_("prize"),
        on_delete=models.PROTECT,
        db_index=False,
        related_name="grants",
    )
    participation = models.ForeignKey(
        Participation,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="grants",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="grants",
        help_text=_("Empty when the contact has been erased."),
    )
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.GRANTED
    )
    redeem_code = models.CharField(_("redeem code"), max_length=16, unique=True)
    address = SealedField(_("address"), default=b"", editable=False)
    proof = models.CharField(_("proof"), max_length=200, blank=True)
    why_voided = models.CharField(_("why taken back"), max_length=200, blank=True)
    granted_at = models.DateTimeField(_("won at"))
    delivered_at = models.DateTimeField(_("delivered at"), null=True, blank=True)
    delivered_by = models.ForeignKey(
        User,
        verbose_name=_("delivered by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    voided_at = models.DateTimeField(_("taken back at"), null=True, blank=True)
    voided_by = models.ForeignKey(
        User,
        verbose_name=_("taken back by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Whom a person took it from is not given it again by itself."),
    )
    by_itself = models.BooleanField(
        default=False,
        help_text=_("Taken back because helpers left: given again when they return."),
    )

    objects = GrantQuerySet.as_manager()

    class Meta:
        verbose_name = _("prize won")
        verbose_name_plural = _("prizes won")
        ordering = ["-granted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "reward", "number"],
                condition=~Q(status="voided"),
                name="one_live_grant_per_number",
            )
        ]
        indexes = [
            models.Index(fields=["-granted_at", "-id"], name="grants_newest_first"),
            models.Index(
                fields=["reward", "-granted_at", "-id"], name="grants_of_a_reward"
            ),
            models.Index(
                fields=["status", "-granted_at", "-id"], name="grants_by_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reward_id} · {self.contact_id}"

    @property
    def waits(self) -> bool:
        """Has somebody to hand it out? Points are there at once."""
        is_points = self.reward.kind == Reward.Kind.POINTS
        return self.status == self.Status.GRANTED and not is_points


class CouponCode(models.Model):
    """One code of a list that was brought; given with one grant."""

    reward = models.ForeignKey(
        Reward, on_delete=models.CASCADE, db_index=False, related_name="codes"
    )
    code = models.CharField(_("code"), max_length=64)
    grant = models.OneToOneField(
        Grant,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="coupon",
    )

    class Meta:
        verbose_name = _("coupon code")
        verbose_name_plural = _("coupon codes")
        constraints = [
            models.UniqueConstraint(fields=["reward", "code"], name="one_code_each")
        ]
        indexes = [
            models.Index(
                fields=["reward", "id"],
                condition=Q(grant__isnull=True),
                name="codes_not_given",
            )
        ]

    def __str__(self) -> str:
        return self.code


class DrawTable(models.Model):
    """The chances of a lottery from one moment on; never changed, a change makes a new
    version. `chances` lists pairs of a reward's number and its chance of 10,000.

    What is drawn follows from `secret`. Its digest, the `commitment`, is shown from the
    beginning, the secret itself once the campaign is over.
    """

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, db_index=False, related_name="draw_tables"
    )
    version = models.PositiveIntegerField(_("version"), default=1)
    chances = models.JSONField(_("chances"))
    secret = SealedField(default=b"", editable=False)
    commitment = models.CharField(
        _("commitment"), max_length=64, default="", editable=False
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)

    class Meta:
        verbose_name = _("table of chances")
        verbose_name_plural = _("tables of chances")
        ordering = ["campaign", "version"]
        constraints = [
            models.UniqueConstraint(
                fields=["campaign", "version"], name="one_draw_table_per_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} · {self.version}"


class Draw(models.Model):
    """One draw, which anybody can compute again: table, seed and result (see draw.py).
    `key` names what paid for it, once: a number of helpers, or points spent."""

    table = models.ForeignKey(DrawTable, on_delete=models.PROTECT, related_name="draws")
    participation = models.ForeignKey(
        Participation, on_delete=models.CASCADE, db_index=False, related_name="draws"
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        related_name="draws",
    )
    key = models.CharField(max_length=64)
    seed = models.CharField(_("seed"), max_length=64)
    rolled = models.PositiveSmallIntegerField(_("rolled"))
    reward = models.ForeignKey(
        Reward,
        verbose_name=_("prize"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    grant = models.OneToOneField(
        Grant, on_delete=models.SET_NULL, null=True, blank=True, related_name="draw"
    )
    at = models.DateTimeField(_("at"))

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("draw")
        verbose_name_plural = _("draws")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["participation", "key"], name="one_draw_per_key"
            )
        ]
        indexes = [models.Index(fields=["-at", "-id"], name="draws_newest_first")]

    def __str__(self) -> str:
        return f"{self.participation_id} · {self.rolled}"

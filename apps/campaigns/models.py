"""Campaign and Participation: what we do for a while, and who takes part."""

from datetime import datetime, timedelta

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.querysets import CampaignQuerySet
from apps.channels.models import Channel
from apps.contacts.models import Contact
from apps.contacts.querysets import OfContactsQuerySet
from apps.segments.models import Segment
from apps.staff.models import User


class Campaign(models.Model):
    """Something we do with contacts from one moment to another (half-open).

    `channel` is the door: its people, its welcome and tags. `terms` holds what only its
    kind needs, `texts` what is said in each situation.
    """

    class Kind(models.TextChoices):
        """The values never change."""

        REFERRAL = "referral", _("referral with tiers")
        GROUP = "group", _("group referral")
        LOTTERY = "lottery", _("lottery with help")
        GROUP_BUY = "group_buy", _("group buy")
        BARGAIN = "bargain", _("bargain")
        COUPON = "coupon", _("coupon")
        VISIT = "visit", _("visit gift")
        POINTS_DRAW = "points_draw", _("points draw")

    class Status(models.TextChoices):
        DRAFT = "draft", _("draft")
        LAUNCHED = "launched", _("launched")
        CLOSED = "closed", _("closed")

    class ClosedBy(models.TextChoices):
        NOBODY = "", _("not closed")
        TIME = "time", _("its time was over")
        STOCK = "stock", _("nothing was left to win")
        HAND = "hand", _("a colleague closed it")

    class Helps(models.TextChoices):
        """How often one person may help."""

        ONCE = "once", _("once, in whatever campaign")
        CAMPAIGN = "campaign", _("once in each campaign")

    class Credited(models.TextChoices):
        """Who gets the credit when two invited her."""

        FIRST = "first", _("the first inviter")
        LAST = "last", _("the last inviter, within the window")

    class Deduction(models.TextChoices):
        """What happens when a helper leaves."""

        NEVER = "never", _("never deducted")
        BEFORE_AWARD = "before_award", _("deducted, but what is won is kept")
        UNLESS_DELIVERED = (
            "unless_delivered",
            _("deducted, and what is won is taken back unless it is delivered"),
        )

    class Award(models.TextChoices):
        """How whoever has reached a prize comes by it."""

        ITSELF = "itself", _("given by itself")
        CLAIMED = "claimed", _("chosen and claimed by the participant")

    kind = models.CharField(_("kind"), max_length=12, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=40)
    slug = models.CharField(_("address"), max_length=16, unique=True, editable=False)
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.DRAFT
    )
    channel = models.ForeignKey(
        Channel,
        verbose_name=_("channel code"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
    )
    segment = models.ForeignKey(
        Segment,
        verbose_name=_("audience"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="campaigns",
        help_text=_("Who may join. Without one: everybody."),
    )
    starts_at = models.DateTimeField(_("starts at"))
    ends_at = models.DateTimeField(_("ends at"))
    join_cap = models.PositiveIntegerField(
        _("participants, at most"), null=True, blank=True
    )
    ends_without_stock = models.BooleanField(_("ends with its stock"), default=True)
    new_friends_only = models.BooleanField(_("only new friends help"), default=True)
    helps = models.CharField(
        _("how often one may help"),
        max_length=8,
        choices=Helps.choices,
        default=Helps.CAMPAIGN,
    )
    mutual_help = models.BooleanField(
        _("two may help each other"),
        default=False,
        help_text=_("Whoever was helped may help whoever helped them."),
    )
    credited = models.CharField(
        _("who gets the credit"),
        max_length=5,
        choices=Credited.choices,
        default=Credited.FIRST,
    )
    window_hours = models.PositiveSmallIntegerField(
        _("hours in which a later inviter takes over"), default=24
    )
    settle_hours = models.PositiveSmallIntegerField(
        _("hours until a helper counts"),
        default=0,
        help_text=_("Who has left by then never counts. 0: counts at once."),
    )
    deduction = models.CharField(
        _("when a helper leaves"),
        max_length=16,
        choices=Deduction.choices,
        default=Deduction.BEFORE_AWARD,
    )
    award = models.CharField(
        _("how prizes are given"),
        max_length=8,
        choices=Award.choices,
        default=Award.ITSELF,
    )
    joins_by_entry = models.BooleanField(
        _("whoever comes by the code takes part"), default=False
    )
    joined_tags = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("tags for whoever takes part"),
        default=list,
        db_default=[],
        blank=True,
    )
    won_tags = ArrayField(
        models.BigIntegerField(),
        verbose_name=_("tags for whoever wins"),
        default=list,
        db_default=[],
        blank=True,
    )
    keep_days = models.PositiveSmallIntegerField(
        _("days for which codes still answer after the end"), default=7
    )
    rules = models.TextField(_("rules in words"), max_length=2000, blank=True)
    texts = models.JSONField(_("texts"), default=dict, blank=True)
    terms = models.JSONField(_("terms of its kind"), default=dict, blank=True)
    made_by = models.ForeignKey(
        User,
        verbose_name=_("created by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)
    launched_at = models.DateTimeField(_("launched at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(
        _("why it was closed"), max_length=8, choices=ClosedBy.choices, blank=True
    )
    joined = models.PositiveIntegerField(
        _("participants"), default=0, db_default=0, editable=False
    )
    version = models.PositiveIntegerField(_("version"), default=1)

    objects = CampaignQuerySet.as_manager()

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_campaign_per_name"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="a_campaign_lasts"
            ),
            models.CheckConstraint(
                condition=Q(join_cap__isnull=True) | Q(joined__lte=F("join_cap")),
                name="no_more_participants_than_the_cap",
            ),
        ]
        indexes = [
            models.Index(fields=["-made_at", "-id"], name="campaigns_newest_first"),
            models.Index(
                fields=["ends_at"],
                condition=Q(status="launched"),
                name="campaigns_that_end",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_launched(self) -> bool:
        return self.status == self.Status.LAUNCHED

    def is_open(self, *, at: datetime) -> bool:
        return self.is_launched and self.starts_at <= at < self.ends_at

    @property
    def ended_at(self) -> datetime:
        """When it was over, or will be."""
        return min(self.closed_at or self.ends_at, self.ends_at)

    @property
    def answers_until(self) -> datetime:
        """Until when its codes answer, and what was won may be claimed."""
        return self.ended_at + timedelta(days=self.keep_days)


class Participation(models.Model):
    """A contact takes part in a campaign, once."""

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="participations",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="participations",
    )
    joined_at = models.DateTimeField(_("joined at"))
    secret = models.CharField(
        max_length=64,
        editable=False,
        help_text=_("HMAC of what opens their own page of the campaign."),
        blank=True,
    )

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("participation")
        verbose_name_plural = _("participations")
        ordering = ["-joined_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "campaign"], name="one_participation_each"
            )
        ]
        indexes = [
            models.Index(
                fields=["campaign", "-joined_at", "-id"],
                name="participations_of_a_campaign",
            ),
            models.Index(
                fields=["-joined_at", "-id"], name="participations_newest_first"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id} · {self.contact_id}"


from apps.campaigns.reward_models import (  # noqa: E402
    CouponCode as CouponCode,
)
from apps.campaigns.reward_models import (  # noqa: E402
    Draw as Draw,
)
from apps.campaigns.reward_models import (  # noqa: E402
    DrawTable as DrawTable,
)
from apps.campaigns.reward_models import (  # noqa: E402
    Grant as Grant,
)
from apps.campaigns.reward_models import (  # noqa: E402
    Reward as Reward,
)
from apps.campaigns.team_models import Team as Team  # noqa: E402
from apps.campaigns.team_models import TeamMember as TeamMember  # noqa: E402

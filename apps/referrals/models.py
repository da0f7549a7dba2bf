"""Invite, Referral and Credit: who brought whom, and what it counts for."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.campaigns.models import Campaign
from apps.channels.states import joined
from apps.contacts.models import Contact, Follow
from apps.contacts.querysets import OfContactsQuerySet
from apps.referrals.querysets import CreditQuerySet


class Invite(models.Model):
    """An inviter's personal door into a campaign: the campaign's channel with `ref`.

    `parent` is the invite by which its owner came into this campaign; `path` are the
    numbers from the root down to itself. Both are written once: there are no loops.
    `direct` is the sum of its credits and `total` that of its whole tree, both as far
    as deltas are folded (see graph.py); the truth are the credits. `held` are the
    accounts on its code in WeCom, as far as we were told (see doors.py).
    """

    class Trouble(models.TextChoices):
        """Why it has no code of its own."""

        NONE = "", _("none")
        REFUSED = "refused", _("WeCom refuses it")
        QUOTA = "quota", _("the corp has no code left")

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="invites",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("inviter"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="invites",
    )
    ref = models.CharField(_("number"), max_length=16, unique=True, editable=False)
    parent = models.ForeignKey(
        "self",
        verbose_name=_("came by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="children",
    )
    path = ArrayField(models.BigIntegerField(), default=list)
    direct = models.IntegerField(_("brought by themselves"), default=0, db_default=0)
    total = models.IntegerField(_("brought in all"), default=0, db_default=0)
    config_id = models.CharField(_("id in WeCom"), max_length=64, blank=True)
    qr_code = models.CharField(_("picture of the code"), max_length=500, blank=True)
    qr_text = models.CharField(_("what the code says"), max_length=500, blank=True)
    held = ArrayField(
        models.CharField(max_length=64), default=list, db_default=[], editable=False
    )
    trouble = models.CharField(
        _("trouble"),
        max_length=8,
        choices=Trouble.choices,
        default=Trouble.NONE,
        db_default="",
        blank=True,
    )
    errcode = models.IntegerField(_("error code"), default=0, db_default=0)
    asked_at = models.DateTimeField(_("asked for at"), null=True, editable=False)
    suspicion = models.PositiveSmallIntegerField(
        _("suspicion"),
        default=0,
        db_default=0,
        help_text=_("The weights of its signs, added up, but for those accepted."),
    )
    look_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text=_("Since when something is new that may look like cheating."),
    )
    issued_at = models.DateTimeField(_("issued at"), default=timezone.now)
    removed_at = models.DateTimeField(
        _("code given back at"), null=True, blank=True, editable=False
    )

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("invite")
        verbose_name_plural = _("invites")
        ordering = ["-issued_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "campaign"], name="one_invite_each"
            )
        ]
        indexes = [
            models.Index(fields=["-issued_at", "-id"], name="invites_newest_first"),
            models.Index(
                fields=["campaign", "-total", "-id"], name="invites_by_whole_tree"
            ),
            models.Index(
                fields=["campaign", "-direct", "-id"], name="invites_by_direct"
            ),
            models.Index(fields=["parent", "-total", "-id"], name="invites_below"),
            models.Index(
                fields=["look_at"],
                condition=Q(look_at__isnull=False),
                name="invites_to_look_at",
            ),
            models.Index(
                fields=["-suspicion", "-id"],
                condition=Q(suspicion__gt=0),
                name="invites_by_suspicion",
            ),
            models.Index(
                fields=["campaign"],
                condition=~Q(config_id="") & Q(removed_at__isnull=True),
                name="invites_with_a_code",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    @property
    def state(self) -> str:
        """What WeCom tells of whoever came by it (see channels/enter.py)."""
        channel = self.campaign.channel
        assert channel is not None  # none is launched without
        return joined(channel.state, self.ref)


class Referral(models.Model):
    """A contact who came by an invite: one for each helper and campaign.

    `refused` says why it does not count (an old friend, themselves, too late …); it is
    kept all the same, so that the inviter can be told.
    """

    class Refused(models.TextChoices):
        """The values never change."""

        NOT = "", _("it counts")
        SELF = "self", _("they helped themselves")
        OLD_FRIEND = "old_friend", _("they were a friend before")
        HELPED_BEFORE = "helped_before", _("they have helped before")
        MUTUAL = "mutual", _("they were helped by the same person")
        CLOSED = "closed", _("the campaign was not open")
        SUSPECT = "suspect", _("voided as cheating")
        NO_GROUP = "no_group", _("they have not joined a group yet")

    campaign = models.ForeignKey(
        Campaign,
        verbose_name=_("campaign"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="referrals",
    )
    invite = models.ForeignKey(
        Invite,
        verbose_name=_("invite"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="referrals",
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("helper"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="helped",
    )
    follow = models.ForeignKey(
        Follow, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    refused = models.CharField(
        _("why it does not count"), max_length=14, choices=Refused.choices, blank=True
    )
    at = models.DateTimeField(_("at"))
    settles_at = models.DateTimeField(
        _("counts from"),
        null=True,
        blank=True,
        help_text=_("While it waits whether the helper stays: looked at again then."),
    )
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    voided_at = models.DateTimeField(_("voided at"), null=True, blank=True)

    objects = OfContactsQuerySet.as_manager()

    class Meta:
        verbose_name = _("referral")
        verbose_name_plural = _("referrals")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "campaign"], name="one_referral_each"
            )
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="referrals_newest_first"),
            models.Index(fields=["invite", "-at", "-id"], name="referrals_of_invite"),
            models.Index(
                fields=["campaign", "-at", "-id"], name="referrals_of_campaign"
            ),
            models.Index(
                fields=["settles_at"],
                condition=Q(settles_at__isnull=False),
                name="referrals_that_settle",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.invite_id} · {self.contact_id}"


class Credit(models.Model):
    """One line in the inviter's account, appended and never changed. The tally is the
    sum. `number` counts the times that one helper left and came again. What turned out
    to be otherwise is put right by a further `version` of the same line. Of whoever is
    erased it stays without `referral` (see forget.py)."""

    class Kind(models.TextChoices):
        """The values never change."""

        HELPED = "helped", _("helped")
        LEFT = "left", _("left")
        VOIDED = "voided", _("voided as cheating")

    referral = models.ForeignKey(
        Referral,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="credits",
    )
    invite = models.ForeignKey(
        Invite, on_delete=models.CASCADE, db_index=False, related_name="credits"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    number = models.PositiveSmallIntegerField(_("number"), default=1)
    version = models.PositiveSmallIntegerField(_("version"), default=1, db_default=1)
    points = models.SmallIntegerField(_("counts"))
    at = models.DateTimeField(_("at"))

    objects = CreditQuerySet.as_manager()

    class Meta:
        verbose_name = _("credit")
        verbose_name_plural = _("credits")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["referral", "invite", "kind", "number", "version"],
                name="one_credit_each",
            )
        ]
        indexes = [
            models.Index(fields=["invite", "at", "id"], name="credits_of_an_invite"),
            models.Index(fields=["-at", "-id"], name="credits_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.points:+}"

    @property
    def is_correction(self) -> bool:
        return self.version > 1


from apps.referrals.graph_models import Delta as Delta  # noqa: E402
from apps.referrals.graph_models import Rung as Rung  # noqa: E402
from apps.referrals.sign_models import Sign as Sign  # noqa: E402
from apps.referrals.sign_models import Trace as Trace  # noqa: E402

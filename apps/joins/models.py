"""GroupCode, and the groups behind it."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.groups.models import GroupChat
from apps.joins.querysets import GroupCodeQuerySet

FULL = 200  # members, beyond which nobody joins a group by a code


class GroupCode(models.Model):
    """A QR code behind which groups stand; whoever scans it joins one that has room.

    `wanted` is what WeCom shall hold, `held` what it holds as far as we were told.
    Who joined by it is not kept here: each stay tells the state by which it began.
    """

    class Status(models.TextChoices):
        PUBLISHED = "published", _("published")
        STOPPED = "stopped", _("stopped")

    class Trouble(models.TextChoices):
        """What needs a person."""

        NONE = "", _("none")
        FULL = "full", _("all of its groups are full")
        REFUSED = "refused", _("WeCom refuses it")
        QUOTA = "quota", _("the corp has no code left")
        LOST = "lost", _("it was deleted in WeCom")

    name = models.CharField(_("name"), max_length=40)
    folder = models.CharField(_("folder"), max_length=40, blank=True)
    state = models.CharField(_("state"), max_length=30, editable=False)
    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.PUBLISHED
    )
    full_at = models.PositiveSmallIntegerField(_("full at"), default=FULL)
    opens_new = models.BooleanField(
        _("opens new groups"),
        default=True,
        help_text=_("WeCom opens a new group when all are full."),
    )
    base_name = models.CharField(_("name of new groups"), max_length=40, blank=True)
    base_number = models.PositiveIntegerField(_("number of the next"), default=1)
    version = models.PositiveIntegerField(_("version"), default=1)
    config_id = models.CharField(_("id in WeCom"), max_length=64, blank=True)
    qr_code = models.CharField(_("picture of the code"), max_length=500, blank=True)
    qr_text = models.CharField(_("what the code says"), max_length=500, blank=True)
    wanted = models.JSONField(default=dict, blank=True)
    held = models.JSONField(default=dict, blank=True)
    trouble = models.CharField(
        _("trouble"), max_length=8, choices=Trouble.choices, blank=True
    )
    errcode = models.IntegerField(_("error code"), default=0)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = GroupCodeQuerySet.as_manager()

    class Meta:
        verbose_name = _("code of groups")
        verbose_name_plural = _("codes of groups")
        ordering = ["folder", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_group_code_per_name"),
            models.UniqueConstraint(fields=["state"], name="one_group_code_per_state"),
            models.UniqueConstraint(
                fields=["config_id"],
                condition=~Q(config_id=""),
                name="one_group_code_per_join_way",
            ),
            models.CheckConstraint(
                condition=~Q(state=""), name="a_group_code_has_a_state"
            ),
            models.CheckConstraint(
                condition=Q(full_at__gte=2) & Q(full_at__lte=FULL),
                name="a_group_code_is_full_by_two_hundred",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_published(self) -> bool:
        return self.status == self.Status.PUBLISHED

    @property
    def is_told(self) -> bool:
        """Does WeCom hold what it shall hold, as far as we know?"""
        return bool(self.config_id) and self.held == self.wanted


class Behind(models.Model):
    """A group stands behind a code, in its place."""

    code = models.ForeignKey(
        GroupCode, on_delete=models.CASCADE, db_index=False, related_name="behind"
    )
    group = models.ForeignKey(
        GroupChat, on_delete=models.CASCADE, related_name="behind"
    )
    place = models.PositiveIntegerField(_("place"), default=0)
    by_wecom = models.BooleanField(
        _("opened by WeCom"),
        default=False,
        help_text=_("Because all others were full."),
    )

    class Meta:
        verbose_name = _("group behind a code")
        verbose_name_plural = _("groups behind codes")
        ordering = ["place", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["code", "group"], name="one_place_per_group_behind_a_code"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code_id} · {self.group_id}"

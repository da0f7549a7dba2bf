"""GroupChat, Stay."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Identity
from apps.groups.querysets import GroupChatQuerySet, StayQuerySet


class GroupChat(models.Model):
    """A WeCom customer group."""

    class Status(models.IntegerChoices):
        """WeCom's own numbers (wecom-api.md 3.5)."""

        NORMAL = 0, _("normal")
        OWNER_LEFT = 1, _("its owner left the company")
        INHERITING = 2, _("being handed over")
        INHERITED = 3, _("handed over")

    wecom_id = models.CharField(_("id in WeCom"), max_length=64)
    name = models.CharField(_("name"), max_length=255, blank=True)
    notice = models.TextField(_("notice"), blank=True)
    owner = models.ForeignKey(
        "staff.Employee",
        verbose_name=_("group owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="owned_groups",
    )
    admins = ArrayField(
        models.CharField(max_length=64), verbose_name=_("group admins"), default=list
    )
    status = models.PositiveSmallIntegerField(
        _("status"), choices=Status.choices, default=Status.NORMAL
    )
    member_version = models.CharField(max_length=64, blank=True)
    member_count = models.PositiveIntegerField(_("members"), default=0)
    contact_count = models.PositiveIntegerField(_("contacts in it"), default=0)
    created_at = models.DateTimeField(_("created at"), null=True, blank=True)
    dismissed_at = models.DateTimeField(_("dismissed at"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)
    spelling = models.TextField(blank=True, editable=False)
    grams = ArrayField(models.TextField(), default=list, editable=False)

    objects = GroupChatQuerySet.as_manager()

    class Meta:
        verbose_name = _("group chat")
        verbose_name_plural = _("group chats")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["wecom_id"], name="one_group_chat_per_id")
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="groups_newest_first"),
            GinIndex(
                fields=["spelling"], name="groups_spelled", opclasses=["gin_trgm_ops"]
            ),
            GinIndex(fields=["grams"], name="groups_named"),
        ]

    def __str__(self) -> str:
        return self.name or self.wecom_id


class Stay(models.Model):
    """The spell during which somebody is in a group chat: a contact or an employee."""

    class LeftBy(models.TextChoices):
        SELF = "self", _("left")
        REMOVED = "removed", _("was removed")
        DISMISSED = "dismissed", _("the group was dismissed")
        GONE = "gone", _("is no longer listed")

    class Scene(models.IntegerChoices):
        """WeCom's own numbers in groupchat/get (wecom-api.md 3.5)."""

        INVITED = 1, _("invited directly")
        LINK = 2, _("by an invitation link")
        QR_CODE = 3, _("by the group's QR code")

    group = models.ForeignKey(GroupChat, on_delete=models.CASCADE, related_name="stays")
    member_id = models.CharField(_("id in WeCom"), max_length=64)
    identity = models.ForeignKey(
        Identity,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stays",
    )
    employee = models.ForeignKey(
        "staff.Employee",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="stays",
    )
    joined_at = models.DateTimeField(_("joined at"))
    left_at = models.DateTimeField(_("left at"), null=True, blank=True)
    left_by = models.CharField(
        _("how they left"), max_length=9, choices=LeftBy.choices, blank=True
    )
    scene = models.PositiveSmallIntegerField(
        _("how they came"), choices=Scene.choices, null=True, blank=True
    )
    state = models.CharField(_("channel state"), max_length=64, blank=True)
    invited_by = models.CharField(_("invited by"), max_length=64, blank=True)
    nickname = models.CharField(_("name in the group"), max_length=255, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)

    objects = StayQuerySet.as_manager()

    class Meta:
        verbose_name = _("stay")
        verbose_name_plural = _("stays")
        constraints = [
            models.UniqueConstraint(
                fields=["group", "member_id"],
                condition=Q(left_at__isnull=True),
                name="one_open_stay_per_group",
            ),
            models.CheckConstraint(
                condition=Q(left_at__isnull=True) | Q(left_at__gte=F("joined_at")),
                name="a_stay_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(identity__isnull=True) ^ Q(employee__isnull=True),
                name="a_stay_is_of_a_contact_or_an_employee",
            ),
        ]
        indexes = [
            models.Index(fields=["group", "left_at"], name="stays_in_a_group"),
            models.Index(fields=["-joined_at"], name="stays_newest_first"),
            models.Index(
                fields=["state", "-joined_at"],
                condition=~Q(state=""),
                name="stays_by_a_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.group_id} · {self.member_id}"

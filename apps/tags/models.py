"""TagGroup, Tag, Tagging."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact, Follow
from apps.events.models import EventRecord


class TagGroup(models.Model):
    """Tags that belong together. Groups and tags share WeCom's one space of ids."""

    class Kind(models.TextChoices):
        CORP = "corp", _("company tags")
        STRATEGY = "strategy", _("tags of a rule group")
        OWN = "own", _("our own tags, unknown to WeCom")

    wecom_id = models.CharField(_("id in WeCom"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    kind = models.CharField(
        _("kind"), max_length=8, choices=Kind.choices, default=Kind.CORP
    )
    strategy_id = models.BigIntegerField(_("rule group"), null=True, blank=True)
    order = models.BigIntegerField(_("order"), default=0)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)

    class Meta:
        verbose_name = _("tag group")
        verbose_name_plural = _("tag groups")
        ordering = ["-order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wecom_id"],
                condition=~Q(wecom_id=""),
                name="one_tag_group_per_id",
            )
        ]

    def __str__(self) -> str:
        return self.name or self.wecom_id


class Tag(models.Model):
    """A label. Known by its id alone (no group, no name) until it has been read."""

    group = models.ForeignKey(
        TagGroup,
        verbose_name=_("tag group"),
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="tags",
    )
    wecom_id = models.CharField(_("id in WeCom"), max_length=64, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    order = models.BigIntegerField(_("order"), default=0)
    deleted_at = models.DateTimeField(_("deleted at"), null=True, blank=True)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)

    class Meta:
        verbose_name = _("tag")
        verbose_name_plural = _("tags")
        ordering = ["-order", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["wecom_id"], condition=~Q(wecom_id=""), name="one_tag_per_id"
            )
        ]

    def __str__(self) -> str:
        return self.name or self.wecom_id


class Tagging(models.Model):
    """One label on one contact; in WeCom, on one follow."""

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="taggings"
    )
    tag = models.ForeignKey(
        Tag, on_delete=models.CASCADE, db_index=False, related_name="taggings"
    )
    follow = models.ForeignKey(
        Follow,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="taggings",
        help_text=_("Empty for our own tags."),
    )
    source = models.CharField(
        _("source"), max_length=12, choices=EventRecord.Source.choices
    )
    at = models.DateTimeField(_("put on at"), null=True, blank=True)

    class Meta:
        verbose_name = _("tagging")
        verbose_name_plural = _("taggings")
        constraints = [
            models.UniqueConstraint(
                fields=["follow", "tag"],
                condition=Q(follow__isnull=False),
                name="one_tagging_per_follow",
            ),
            models.UniqueConstraint(
                fields=["contact", "tag"],
                condition=Q(follow__isnull=True),
                name="one_own_tagging_per_contact",
            ),
        ]
        indexes = [models.Index(fields=["tag", "contact"], name="contacts_with_a_tag")]

    def __str__(self) -> str:
        return f"{self.tag_id} · {self.contact_id}"

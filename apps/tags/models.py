"""TagGroup, Tag, Tagging, TagChange."""

from typing import Any

from django.conf import settings
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
    made_here = models.BooleanField(
        _("made by this app"),
        default=False,
        db_default=False,
        help_text=_("WeCom lets an app change only what it has made itself."),
    )
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
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=Q(kind="own", deleted_at__isnull=True),
                name="one_own_group_of_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.wecom_id

    @property
    def is_own(self) -> bool:
        return self.kind == self.Kind.OWN

    @property
    def is_of_a_rule_group(self) -> bool:
        return self.kind == self.Kind.STRATEGY


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
    made_here = models.BooleanField(
        _("made by this app"),
        default=False,
        db_default=False,
        help_text=_("WeCom lets an app change only what it has made itself."),
    )
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
            ),
            models.UniqueConstraint(
                fields=["group", "name"],
                condition=Q(wecom_id="", deleted_at__isnull=True),
                name="one_own_tag_of_a_name",
            ),
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
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("put on by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        help_text=_("Who did it here. Empty: it was done in WeCom, or by a rule."),
    )

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
        indexes = [
            models.Index(fields=["tag", "contact"], name="contacts_with_a_tag"),
            models.Index(
                fields=["by"],
                condition=Q(by__isnull=False),
                name="taggings_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} · {self.contact_id}"


class TagChange(models.Model):
    """What somebody here wants changed of WeCom's tags, and what became of it.

    WeCom is asked by a command; the change is written here as WeCom agrees. What WeCom
    refuses, or has changed by itself meanwhile, is shown until somebody has seen it.
    """

    class Deed(models.TextChoices):
        MAKE = "make", _("make tags")
        EDIT = "edit", _("change a tag")
        DELETE = "delete", _("delete a tag")
        FIND_OUT = "find_out", _("ask whether it is ours")

    class State(models.TextChoices):
        WAITING = "waiting", _("WeCom is being told")
        DONE = "done", _("done")
        REFUSED = "refused", _("WeCom refused")
        OVERTAKEN = "overtaken", _("changed in WeCom meanwhile")

    deed = models.CharField(_("what"), max_length=8, choices=Deed.choices)
    group = models.ForeignKey(
        TagGroup,
        on_delete=models.CASCADE,
        null=True,
        related_name="changes",
        help_text=_("Empty: of a group that does not exist yet."),
    )
    tag = models.ForeignKey(
        Tag, on_delete=models.CASCADE, null=True, related_name="changes"
    )
    wanted = models.JSONField(_("wanted"), default=dict)
    was = models.JSONField(_("what it was"), default=dict)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    at = models.DateTimeField(_("asked at"))
    command = models.BigIntegerField(_("number of the command"), null=True)
    state = models.CharField(
        _("state"), max_length=9, choices=State.choices, default=State.WAITING
    )
    errcode = models.IntegerField(_("error code"), null=True)
    settled_at = models.DateTimeField(_("settled at"), null=True)
    seen_at = models.DateTimeField(_("seen at"), null=True)

    class Meta:
        verbose_name = _("change of a tag")
        verbose_name_plural = _("changes of tags")
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(seen_at__isnull=True) & ~Q(state="done"),
                name="tag_changes_to_look_at",
            )
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.about or self.wanted.get('name', '')}"

    @property
    def about(self) -> Any:
        """What it changes: a tag, a group, or nothing yet."""
        return self.tag or self.group

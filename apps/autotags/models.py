"""TagRule, the tags it puts on, and Hit."""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.autotags.querysets import HitQuerySet, TagRuleQuerySet
from apps.contacts.models import Contact, Follow
from apps.events.models import EventRecord
from apps.lists.models import Batch
from apps.tags.models import Tag
from apps.wecom.models import Command


class TagRule(models.Model):
    """When something happens to a contact who fits, tags are put on."""

    name = models.CharField(_("name"), max_length=40)
    scene = models.CharField(
        _("scene"), max_length=20, help_text=_("What must happen; see scenes.py.")
    )
    narrowed = models.JSONField(
        _("only"),
        default=dict,
        blank=True,
        help_text=_("By whom, where, at what time."),
    )
    rule = models.JSONField(_("conditions"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    on_since = models.DateTimeField(
        _("on since"),
        null=True,
        blank=True,
        help_text=_("What happened before is left alone. Empty: it is off."),
    )
    trouble = models.CharField(_("what is wrong"), max_length=300, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("made by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    made_at = models.DateTimeField(_("created at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), default=timezone.now)

    objects = TagRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tag rule")
        verbose_name_plural = _("tag rules")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                name="one_tag_rule_per_name",
                violation_error_message=_("There is a rule of this name already."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on(self) -> bool:
        return self.on_since is not None


class RuleTag(models.Model):
    """A tag that a rule puts on."""

    rule = models.ForeignKey(TagRule, on_delete=models.CASCADE, related_name="puts_on")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("tag of a rule")
        verbose_name_plural = _("tags of rules")
        constraints = [
            models.UniqueConstraint(fields=["rule", "tag"], name="one_rule_tag_per_tag")
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} · {self.tag_id}"


class Hit(models.Model):
    """A rule put one of its tags on one contact, for one thing that happened."""

    class State(models.TextChoices):
        ASKED = "asked", _("asked of WeCom")
        PUT = "put", _("put on")
        SAME = "same", _("carried it already")
        FAILED = "failed", _("failed")

    rule = models.ForeignKey(
        TagRule, on_delete=models.CASCADE, db_index=False, related_name="hits"
    )
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="+")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="+")
    follow = models.ForeignKey(
        Follow,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text=_("On which a company tag was put."),
    )
    cause = models.CharField(
        max_length=64, help_text=_("What happened, such as FollowStarted:7.")
    )
    # Kept without a foreign key in the database: the log may be stripped.
    event = models.ForeignKey(
        EventRecord,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )
    version = models.PositiveIntegerField(_("version of the rule"))
    reason = models.JSONField(
        _("reason"),
        default=list,
        help_text=_("The conditions that held, each with what was known then."),
    )
    state = models.CharField(_("outcome"), max_length=8, choices=State.choices)
    why = models.CharField(_("why not"), max_length=300, blank=True)
    command = models.ForeignKey(
        Command,
        on_delete=models.SET_NULL,
        db_index=False,
        null=True,
        related_name="+",
    )
    taken_back = models.ForeignKey(
        Batch, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    at = models.DateTimeField(_("happened at"))
    hit_at = models.DateTimeField(_("hit at"))

    objects = HitQuerySet.as_manager()

    class Meta:
        verbose_name = _("hit of a tag rule")
        verbose_name_plural = _("hits of tag rules")
        constraints = [
            models.UniqueConstraint(
                fields=["rule", "cause", "tag"], name="one_hit_per_cause"
            )
        ]
        indexes = [
            models.Index(fields=["rule", "-id"], name="hits_newest_first"),
            models.Index(fields=["rule", "-hit_at"], name="hits_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_id} · {self.cause} · {self.tag_id}"

"""Pull: what it reads, how far it got, what it found, what had drifted."""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.errors import Refused
from apps.common.jobs import Job
from apps.common.progress import Progress
from apps.common.seen import ForThoseWhoSeeEverybody
from apps.contacts.models import Contact
from apps.events.models import EventRecord
from apps.groups.models import GroupChat
from apps.staff.models import Employee
from apps.tags.models import Tag


class AnotherPull(Refused):
    """Another pull is under way."""

    code = "another_pull"


class Pull(Job, Progress):
    """WeCom is read once more, page by page; a kill costs one page.

    `accounts` are the employees that it is about, all of them if there is none.
    """

    class Scope(models.TextChoices):
        WHOLE = "whole", _("everything")
        PART = "part", _("a part of the contacts")
        SWEEP = "sweep", _("lists only")
        AUDIT = "audit", _("random sample")

    scope = models.CharField(
        _("scope"),
        max_length=8,
        choices=Scope.choices,
        default=Scope.WHOLE,
        db_default=Scope.WHOLE,
    )
    looks_only = models.BooleanField(
        _("check only"),
        default=False,
        db_default=False,
        help_text=_("Differences are written down, nothing else."),
    )
    accounts = models.JSONField(_("accounts"), default=list, db_default=[], blank=True)
    source = models.CharField(
        _("kind"), max_length=12, choices=EventRecord.Source.choices
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked for by"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    calls = models.PositiveIntegerField(_("calls to WeCom"), default=0)
    counts = models.JSONField(
        _("what it changed"),
        default=dict,
        help_text=_("By kind: rows read, new, different, gone."),
    )
    held_back = models.JSONField(
        _("removals held back"),
        default=list,
        help_text=_("Too many at once to believe; a person has to say."),
    )

    class Meta(Job.Meta):
        verbose_name = _("pull")
        verbose_name_plural = _("pulls")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["scope", "looks_only"],
                condition=Q(status="waiting", doing=""),
                name="one_of_a_scope_waits_its_turn",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_source_display()} {self.pk}"

    def covers(self, earlier: "Pull") -> bool:
        """Has it read again all that the earlier one has? Then what it holds back
        counts, and no longer what the earlier one does."""
        if self.looks_only or self.status != Job.Status.DONE:
            return False
        if self.scope == Pull.Scope.WHOLE:
            return True
        theirs, mine = {*earlier.accounts}, {*self.accounts}
        everybody = not mine or (bool(theirs) and theirs <= mine)
        return everybody and self.scope == earlier.scope == Pull.Scope.SWEEP

    def work_off(self) -> None:
        from apps.sync.pull import advance  # which needs this module

        advance(pull=self)

    def try_again(self, *, at: datetime) -> None:
        """It goes on where it stopped, unless a newer one is under way."""
        if Pull.objects.unfinished().exists():
            raise AnotherPull
        Pull.objects.filter(pk=self.pk).update(cancel_asked=False)
        super().try_again(at=at)


class Chain(models.Model):
    """Pages of one pull that must be read one after the other, and how far we are."""

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="chains")
    step = models.CharField(_("step"), max_length=16)
    number = models.PositiveIntegerField(_("number"))
    keys = models.JSONField(_("keys"), default=list)
    cursor = models.TextField(_("cursor"), blank=True)
    pages = models.PositiveIntegerField(_("pages"), default=0)
    done = models.BooleanField(_("done"), default=False)

    class Meta:
        verbose_name = _("chain of pages")
        verbose_name_plural = _("chains of pages")
        constraints = [
            models.UniqueConstraint(
                fields=["pull", "step", "number"], name="one_chain_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.number}"


class AccountRead(models.Model):
    """When all contacts of an account were last read with everything told of them."""

    account = models.CharField(_("account"), max_length=64, unique=True)
    read_at = models.DateTimeField(_("read at"), db_index=True)

    class Meta:
        verbose_name = _("account read")
        verbose_name_plural = _("accounts read")

    def __str__(self) -> str:
        return self.account


class Sighting(models.Model):
    """One thing that a pull has seen in WeCom: `item` of the whole `whole`."""

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="sightings")
    step = models.CharField(max_length=16)
    whole = models.CharField(max_length=64, blank=True)
    item = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("sighting")
        verbose_name_plural = _("sightings")
        constraints = [
            models.UniqueConstraint(
                fields=["pull", "step", "whole", "item"], name="seen_once_in_a_pull"
            )
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.whole} {self.item}"


class Difference(models.Model):
    """Something that differed between our records and WeCom's when a pull looked."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", _("missing here")
        MISSING_THERE = "missing_there", _("no longer in WeCom")
        DIFFERENT = "different", _("different")

    pull = models.ForeignKey(Pull, on_delete=models.CASCADE, related_name="differences")
    step = models.CharField(_("step"), max_length=16)
    thing = models.CharField(_("thing"), max_length=16)
    kind = models.CharField(_("difference"), max_length=16, choices=Kind.choices)
    subject = models.CharField(_("about"), max_length=200)
    field = models.CharField(_("field"), max_length=32, blank=True)
    ours = models.TextField(_("ours"), blank=True)
    theirs = models.TextField(_("WeCom's"), blank=True)
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="differences",
    )
    employee = models.ForeignKey(
        Employee,
        verbose_name=_("employee"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    group = models.ForeignKey(
        GroupChat,
        verbose_name=_("group chat"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )
    tag = models.ForeignKey(
        Tag,
        verbose_name=_("tag"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
    )

    objects = ForThoseWhoSeeEverybody.as_manager()

    class Meta:
        verbose_name = _("difference")
        verbose_name_plural = _("differences")
        indexes = [models.Index(fields=["pull", "id"], name="differences_of_a_pull")]

    def __str__(self) -> str:
        return f"{self.thing} {self.kind} {self.subject} {self.field}"

"""Consent, its words and its history; Erasure, and whom it must not bring back."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.common.jobs import Job
from apps.common.sealing import newest_name
from apps.events.models import EventRecord


class Purpose(models.TextChoices):
    """What for a person may agree, or refuse. The values never change."""

    MARKETING = "marketing", _("marketing messages")
    PROFILING = "profiling", _("personal recommendations")
    SHARING = "sharing", _("handing over to partners")
    SENSITIVE = "sensitive", _("keeping sensitive details")


class Channel(models.TextChoices):
    """Where the person said so."""

    CHAT = "chat", _("in the chat")
    PHONE = "phone", _("by phone")
    PAPER = "paper", _("on paper")
    SHOP = "shop", _("in a shop")
    ONLINE = "online", _("on a page or in a mini-program")


class ConsentText(models.Model):
    """The words that people are shown for one purpose, in one version of them."""

    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    version = models.CharField(
        _("version"), max_length=20, help_text=_("Such as 2026-03 or v2.")
    )
    text = models.TextField(_("text"), help_text=_("What the person agrees to."))
    made_at = models.DateTimeField(_("created at"), auto_now_add=True)
    archived_at = models.DateTimeField(_("archived at"), null=True, blank=True)

    class Meta:
        verbose_name = _("consent text")
        verbose_name_plural = _("consent texts")
        ordering = ["purpose", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["purpose", "version"], name="one_text_per_purpose_and_version"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} {self.version}"


class ConsentRecord(models.Model):
    """Each time somebody agreed or refused. The database lets nobody change it: a merge
    lets it point at another contact, but whom it was said for stays."""

    contact = models.ForeignKey(
        "contacts.Contact",
        on_delete=models.CASCADE,
        db_index=False,
        related_name="consent_records",
    )
    said_for = ArrayField(
        models.BigIntegerField(),
        help_text=_("Numbers of the contact, and of those merged into them by then."),
    )
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose.choices)
    given = models.BooleanField(_("given"))
    text = models.ForeignKey(
        ConsentText,
        verbose_name=_("text"),
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
    )
    channel = models.CharField(_("channel"), max_length=8, choices=Channel.choices)
    at = models.DateTimeField(_("when"))
    source = models.CharField(
        _("source"), max_length=12, choices=EventRecord.Source.choices
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("written down by"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    recorded_at = models.DateTimeField(_("recorded at"))

    class Meta:
        verbose_name = _("record of consent")
        verbose_name_plural = _("records of consent")
        indexes = [
            models.Index(
                fields=["contact", "purpose", "at"], name="consent_of_a_contact"
            ),
            models.Index(
                fields=["purpose", "contact"],
                condition=Q(given=False),
                name="consent_refused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.given} · {self.contact_id}"


class Erasure(Job):
    """A person is erased, everywhere. Only the number that they had is kept."""

    class Ground(models.TextChoices):
        ASKED = "asked", _("the person asked for it")
        WITHDRAWN = "withdrawn", _("consent was withdrawn")
        PURPOSE_GONE = "purpose", _("what it was kept for is over")
        UNLAWFUL = "unlawful", _("it should never have been kept")

    contact_number = models.BigIntegerField(_("number"), db_index=True)
    ground = models.CharField(_("reason"), max_length=9, choices=Ground.choices)
    reference = models.CharField(
        _("reference"),
        max_length=64,
        blank=True,
        help_text=_("Such as the number of a ticket. No name, no phone."),
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("asked for by"),
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
    )
    asked_at = models.DateTimeField(_("asked at"))
    numbers = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text=_("Of everybody who had been merged into them as well."),
    )
    counts = models.JSONField(_("what was reached"), default=dict)

    class Meta(Job.Meta):
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact_number"],
                condition=~Q(status="done"),
                name="erased_once_at_a_time",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.contact_number}"

    def work(self) -> None:
        from apps.contacts.forget import forget  # which needs this module

        forget(self)


class Erased(models.Model):
    """A digest of an id that was erased: what is told of the time before is passed
    over. It cannot be turned back into the id; see erased.py."""

    KEYED = 20  # bytes; the others need no key

    digest = models.BinaryField(primary_key=True, max_length=32)
    at = models.DateTimeField(_("erased at"))

    class Meta:
        verbose_name = _("erased id")
        verbose_name_plural = _("erased ids")

    def __str__(self) -> str:
        return bytes(self.digest).hex()

    @classmethod
    def forget_older_keys(cls) -> None:
        """Nobody can digest anew what nobody knows any more."""
        keyed = cls.objects.alias(
            size=models.Func(
                "digest", function="length", output_field=models.IntegerField()
            ),
            front=models.Func(
                *("digest", 1, 4),
                function="substring",
                output_field=models.BinaryField(),
            ),
        )
        keyed.filter(size=cls.KEYED).exclude(front=newest_name()).delete()

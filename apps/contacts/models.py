"""Contact, Identity; and by way of here Follow and what is kept of merges."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.common.resealing import SealedField
from apps.contacts.querysets import ContactQuerySet, IdentityQuerySet
from apps.events.models import EventRecord


class Contact(models.Model):
    """A person outside the company, under however many ids we know them by."""

    class Kind(models.IntegerChoices):
        """WeCom's own numbers (wecom-api.md 3.1). 0: not read yet."""

        UNREAD = 0, _("not read yet")
        WECHAT = 1, _("WeChat")
        WECOM = 2, _("WeCom of another company")

    class Gender(models.IntegerChoices):
        UNKNOWN = 0, _("unknown")
        MALE = 1, _("male")
        FEMALE = 2, _("female")

    class Standing(models.TextChoices):
        """How we stand with them today; told by their follows, never typed in."""

        FRIEND = "friend", _("in contact")
        LEFT = "left", _("left us")
        DROPPED = "dropped", _("dropped by us")
        GROUP = "group", _("only in groups")
        KNOWN = "known", _("known from elsewhere")

    name = models.CharField(_("name"), max_length=255, blank=True)
    kind = models.PositiveSmallIntegerField(
        _("kind"), choices=Kind.choices, default=Kind.UNREAD
    )
    gender = models.PositiveSmallIntegerField(
        _("gender"), choices=Gender.choices, default=Gender.UNKNOWN
    )
    avatar = models.TextField(_("avatar"), blank=True)
    position = models.CharField(_("position"), max_length=255, blank=True)
    corp_name = models.CharField(_("company"), max_length=255, blank=True)
    standing = models.CharField(
        _("standing"), max_length=8, choices=Standing.choices, default=Standing.GROUP
    )
    owner = models.ForeignKey(
        "staff.Employee",
        verbose_name=_("owner"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="owned_contacts",
    )
    # Employees they are connected with now; if with nobody, the last. It decides who
    # may see them, and is told by their follows (see settle.py).
    served_by = ArrayField(
        models.BigIntegerField(), default=list, db_default=[], editable=False
    )
    added_at = models.DateTimeField(
        _("added at"), help_text=_("When somebody of ours first met them.")
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    read_at = models.DateTimeField(_("last read difference"), null=True, blank=True)
    spelling = models.TextField(blank=True, editable=False)
    grams = ArrayField(models.TextField(), default=list, editable=False)
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        db_index=False,
        db_constraint=False,
        related_name="merged_contacts",
        help_text=_("Who this person turned out to be; never somebody merged away."),
    )
    pinned = ArrayField(
        models.CharField(max_length=32),
        default=list,
        db_default=[],
        editable=False,
        help_text=_("Fields that were chosen in a merge: WeCom changes them no more."),
    )

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        permissions = [
            ("unmask_contact", "Can see phones, e-mails and union ids whole"),
            ("copy_contact", "Can take out a copy of everything held of a person"),
        ]
        ordering = ["-added_at", "-pk"]
        indexes = [
            models.Index(fields=["-added_at", "-id"], name="contacts_newest_first"),
            models.Index(
                fields=["owner", "-added_at", "-id"], name="contacts_of_an_owner"
            ),
            models.Index(
                fields=["standing", "-added_at", "-id"], name="contacts_by_standing"
            ),
            GinIndex(
                fields=["spelling"], name="contacts_spelled", opclasses=["gin_trgm_ops"]
            ),
            GinIndex(fields=["grams"], name="contacts_named"),
            GinIndex(fields=["served_by"], name="contacts_served_by"),
            models.Index(
                fields=["merged_into"],
                condition=Q(merged_into__isnull=False),
                name="contacts_merged_away",
            ),
            models.Index(
                fields=["corp_name", "name"],
                condition=~Q(corp_name=""),
                name="contacts_of_a_company",
            ),
            models.Index(
                fields=["name"],
                condition=Q(merged_into__isnull=True) & ~Q(name=""),
                name="contacts_of_a_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name or f"#{self.pk}"


class Identity(models.Model):
    """One id by which we know a contact.

    Phones and e-mails are kept sealed, with a digest to find them by the whole and
    another to find a phone by its last four digits, an e-mail by what stays of it
    when slips of the pen are taken out; `value` then stays empty.
    """

    # What was proven outlives what was only written down (see pointers.py).
    survives_merge = ("-verified", "pk")

    class Kind(models.TextChoices):
        EXTERNAL = "external", _("WeCom customer id")
        UNION = "union", _("WeChat union id")
        OPEN = "open", _("WeChat open id")
        PHONE = "phone", _("phone")
        EMAIL = "email", _("e-mail")
        OTHER = "other", _("id in another system")

    SEALED = (Kind.PHONE, Kind.EMAIL)
    DIGESTS = ("digest", "tail_digest")

    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="identities"
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind.choices)
    system = models.CharField(_("system"), max_length=64, blank=True)
    value = models.CharField(_("value"), max_length=128, blank=True)
    sealed = SealedField(default=b"")
    digest = models.BinaryField(default=b"", max_length=16)
    tail_digest = models.BinaryField(default=b"", max_length=16)
    source = models.CharField(
        _("source"), max_length=12, choices=EventRecord.Source.choices
    )
    verified = models.BooleanField(_("verified"), default=False)
    first_seen_at = models.DateTimeField(_("first seen"))
    last_seen_at = models.DateTimeField(_("last seen"))

    objects = IdentityQuerySet.as_manager()

    class Meta:
        verbose_name = _("identity")
        verbose_name_plural = _("identities")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "system", "value"],
                condition=~Q(value=""),
                name="one_contact_per_id",
            ),
            models.UniqueConstraint(
                fields=["contact", "kind", "digest"],
                condition=~Q(digest=b""),
                name="one_row_per_phone_of_a_contact",
            ),
            models.UniqueConstraint(
                fields=["kind", "digest"],
                condition=Q(verified=True) & ~Q(digest=b""),
                name="one_contact_per_verified_phone",
            ),
            models.CheckConstraint(
                condition=Q(value="") ^ Q(digest=b""),
                name="an_identity_is_either_open_or_sealed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["digest"], condition=~Q(digest=b""), name="phones_whole"
            ),
            models.Index(
                fields=["tail_digest"],
                condition=~Q(tail_digest=b""),
                name="phones_by_last_four",
            ),
        ]

    def __str__(self) -> str:
        from apps.contacts.masked import shown  # which needs this module

        return f"{self.get_kind_display()} {shown(self)}"

    def digested(self, field: str, text: str) -> dict[str, bytes]:
        from apps.contacts.identities import Id, digest_of, tail_of  # which need it

        told = Id(self.kind, text)
        return {"digest": digest_of(told), "tail_digest": tail_of(told)}


from apps.contacts.attribute_models import (  # noqa: E402
    Attribute,
    AttributeChoice,
    AttributeValue,
)
from apps.contacts.follow_models import Follow  # noqa: E402
from apps.contacts.merge_models import (  # noqa: E402
    Merge,
    Moved,
    Proposal,
    Uncompared,
    Walk,
)
from apps.contacts.rights_models import (  # noqa: E402
    ConsentRecord,
    ConsentText,
    Erased,
    Erasure,
)

__all__ = [
    "Attribute",
    "AttributeChoice",
    "AttributeValue",
    "ConsentRecord",
    "ConsentText",
    "Contact",
    "Erased",
    "Erasure",
    "Follow",
    "Identity",
    "Merge",
    "Moved",
    "Proposal",
    "Uncompared",
    "Walk",
]

"""AuditRow, and the keys that personal values in it are sealed with."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from apps.common.resealing import SealedField
from apps.common.seen import ForThoseWhoSeeEverybody


class AuditRow(models.Model):
    """One change by one person: written with the change, and never again.

    The database refuses to change or delete a row. Whom it is about is a number and not
    a link: merging two contacts, or erasing one, leaves the trail as it was written.
    """

    deed = models.CharField(_("what was done"), max_length=40)
    about_kind = models.CharField(_("kind"), max_length=64, blank=True)
    about_id = models.BigIntegerField(_("number"), null=True, blank=True)
    contact_id = models.BigIntegerField(_("contact"), null=True, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("by whom"),
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        null=True,
        blank=True,
        related_name="+",
    )
    before = models.JSONField(_("before"), default=dict)
    after = models.JSONField(_("after"), default=dict)
    reason = models.TextField(_("reason"), blank=True)
    sealed = models.BinaryField(default=b"")  # see sealed_values.py
    address = models.GenericIPAddressField(_("address"), null=True, blank=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)
    door = models.CharField(_("door"), max_length=120, blank=True)
    at = models.DateTimeField(_("when"))

    objects = ForThoseWhoSeeEverybody.as_manager()

    class Meta:
        verbose_name = _("audit row")
        verbose_name_plural = _("audit rows")
        ordering = ["-pk"]
        indexes = [
            models.Index(
                fields=["about_kind", "about_id", "-id"], name="audit_of_an_object"
            ),
            models.Index(
                fields=["contact_id", "-id"],
                condition=models.Q(contact_id__isnull=False),
                name="audit_of_a_contact",
            ),
            models.Index(fields=["actor", "-id"], name="audit_of_an_actor"),
            models.Index(fields=["deed", "-id"], name="audit_of_a_deed"),
            models.Index(fields=["-at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.deed} {self.about_kind} {self.about_id}"


class ContactKey(models.Model):
    """What a contact's values in the audit are sealed with; destroyed with them."""

    contact_id = models.BigIntegerField(_("contact"), primary_key=True)
    sealed = SealedField()  # under SCRM_DATA_KEYS

    class Meta:
        verbose_name = _("key of a contact")
        verbose_name_plural = _("keys of contacts")

    def __str__(self) -> str:
        return f"{self.contact_id}"

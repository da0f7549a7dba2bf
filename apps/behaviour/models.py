"""Behaviour."""

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.behaviour.querysets import BehaviourQuerySet
from apps.contacts.models import Contact


class Behaviour(models.Model):
    """Something that a contact did elsewhere: looked at a page, opened a mail.

    `kind` is the word by which rules know it, `title` what people read. What else its
    system tells of it are `facts`; they go with the contact.
    """

    system = models.CharField(_("system"), max_length=32)
    number = models.CharField(_("number"), max_length=64)
    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="behaviours",
    )
    kind = models.CharField(_("kind"), max_length=64)
    title = models.CharField(_("in words"), max_length=64, blank=True)
    facts = models.JSONField(_("facts"), default=dict)
    at = models.DateTimeField(_("when"))
    recorded_at = models.DateTimeField(_("recorded at"), default=timezone.now)

    objects = BehaviourQuerySet.as_manager()

    class Meta:
        verbose_name = _("behaviour")
        verbose_name_plural = _("behaviour")
        constraints = [
            models.UniqueConstraint(
                fields=["system", "number"], name="one_behaviour_per_number"
            )
        ]
        indexes = [
            models.Index(
                fields=["contact", "-at", "-id"], name="behaviour_of_a_contact"
            ),
            models.Index(
                fields=["kind", "at"], include=["contact"], name="behaviour_by_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.kind

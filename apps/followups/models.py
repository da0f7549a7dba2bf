"""Note."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from apps.contacts.models import Contact
from apps.followups.querysets import NoteQuerySet

if TYPE_CHECKING:
    from apps.staff.models import User

LONGEST = 2_000  # characters
AT_A_GLANCE = 80


class Note(models.Model):
    """What an employee wrote down about a contact: what was said, what is agreed."""

    contact = models.ForeignKey(
        Contact,
        verbose_name=_("contact"),
        on_delete=models.CASCADE,
        db_index=False,
        related_name="notes",
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("written by"),
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    text = models.TextField(_("note"), validators=[MaxLengthValidator(LONGEST)])
    written_at = models.DateTimeField(_("written at"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed at"), null=True, blank=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        indexes = [
            models.Index(
                fields=["contact", "-written_at", "-id"], name="notes_of_a_contact"
            ),
            models.Index(
                fields=["author", "-written_at", "-id"], name="notes_of_an_author"
            ),
            models.Index(
                fields=["-written_at", "-id"],
                include=["contact"],
                name="notes_by_moment",
            ),
        ]

    def __str__(self) -> str:
        """Its beginning, on one line."""
        return Truncator(" ".join(self.text.split())).chars(AT_A_GLANCE)

    def is_of(self, user: "User") -> bool:
        return self.author_id is not None and self.author_id == user.pk

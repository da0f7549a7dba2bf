"""Note, its pictures, and which colleagues it is for."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from apps.common.resealing import SealedField
from apps.contacts.models import Contact
from apps.followups.querysets import NoteQuerySet
from apps.staff.models import Employee

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


class NotePicture(models.Model):
    """A picture that belongs to a note, drawn anew by us and kept sealed."""

    note = models.ForeignKey(Note, on_delete=models.CASCADE, related_name="pictures")
    sealed = SealedField(default=b"")
    width = models.PositiveSmallIntegerField(_("width"))
    height = models.PositiveSmallIntegerField(_("height"))

    class Meta:
        verbose_name = _("picture of a note")
        verbose_name_plural = _("pictures of notes")

    def __str__(self) -> str:
        return f"{self.note_id} · {self.pk}"


class Mention(models.Model):
    """A note is for a colleague, too."""

    note = models.ForeignKey(
        Note, on_delete=models.CASCADE, db_index=False, related_name="mentions"
    )
    employee = models.ForeignKey(
        Employee, on_delete=models.CASCADE, related_name="mentions"
    )

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [
            models.UniqueConstraint(
                fields=["note", "employee"], name="one_mention_per_colleague"
            )
        ]

    def __str__(self) -> str:
        return f"{self.note_id} · {self.employee_id}"

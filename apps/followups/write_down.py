"""Write down what was said to a contact; change or delete what one has written oneself.

Whoever writes has followed up: a first contact that was demanded is made. A note is
news once. What it said before is kept in the audit, sealed with the contact's
own key.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from apps.audit.note import note as note_in_the_audit
from apps.common.errors import MayNot, Refused
from apps.contacts.models import Contact
from apps.events.bus import record
from apps.followups.events import FollowedUp
from apps.followups.mention import tell_the_mentioned
from apps.followups.models import LONGEST, Note
from apps.followups.note_pictures import MOST, TooManyPictures, drawn, hang_up
from apps.followups.tasks_of import source_of, touch
from apps.staff.models import User


class NothingWritten(Refused):
    """Write something first."""

    code = "note_is_empty"


class TooLong(Refused):
    """A note has at most 2,000 characters."""

    code = "note_too_long"


class NotYours(MayNot):
    """Only whoever wrote a note changes or deletes it."""

    code = "note_of_another"


@transaction.atomic
def write_down(
    *,
    text: str,
    about: Contact,
    by: User | None,
    at: datetime,
    pictures: Sequence[bytes] = (),
) -> Note:
    if len(pictures) > MOST:
        raise TooManyPictures
    found = [drawn(each) for each in pictures]
    note = Note.objects.create(
        contact=about, author=by, text=as_written(text), written_at=at
    )
    hang_up(note, found)
    author = by.employee_id if by else None
    tell_the_mentioned(note, about=about, author=author, at=at)
    touch(contact_id=about.pk, at=at)
    audited("added", note, before="", after=note.text, by=by, at=at)
    record(
        FollowedUp(
            at=at,
            source=source_of(by),
            contact_id=about.pk,
            actor_id=by.pk if by else None,
            note_id=note.pk,
        )
    )
    return note


@transaction.atomic
def rewrite(*, note: Note, text: str, by: User, at: datetime) -> None:
    kept = own(note, by)
    before, kept.text, kept.changed_at = kept.text, as_written(text), at
    if kept.text == before:
        return
    kept.save(update_fields=["text", "changed_at"])
    tell_the_mentioned(kept, about=kept.contact, author=by.employee_id, at=at)
    audited("changed", kept, before=before, after=kept.text, by=by, at=at)


@transaction.atomic
def take_out(*, note: Note, by: User, at: datetime) -> None:
    """The timeline goes on to say that there was one."""
    kept = own(note, by)
    audited("deleted", kept, before=kept.text, after="", by=by, at=at)
    kept.delete()


def own(note: Note, user: User) -> Note:
    """As it stands now, for its author alone, until the transaction ends."""
    kept = Note.objects.select_for_update().get(pk=note.pk)
    if not kept.is_of(user):
        raise NotYours
    return kept


def as_written(text: str) -> str:
    lines = (line.rstrip() for line in text.replace("\r\n", "\n").split("\n"))
    plain = "\n".join(lines).replace("\0", "").strip()
    if not plain:
        raise NothingWritten
    if len(plain) > LONGEST:
        raise TooLong
    return plain


def audited(
    deed: str, note: Note, *, before: str, after: str, by: User | None, at: datetime
) -> None:
    note_in_the_audit(
        deed=deed,
        about=note,
        contact_id=note.contact_id,
        before={"text": before} if before else {},
        after={"text": after} if after else {},
        personal=["text"],
        by=by,
        at=at,
    )

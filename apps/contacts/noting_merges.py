"""A merge, and its being taken back, in the audit: on the page of either contact.

What each was before and is afterwards comes from the journal; it is personal, and
sealed with the key of whom it is about.
"""

from collections.abc import Iterator
from datetime import datetime

from apps.audit.note import Note, note_all
from apps.contacts.models import Merge
from apps.staff.models import User

# What is worked out of the rest says nothing to whoever reads it.
NOT_TOLD = {"spelling", "grams", "served_by", "pinned"}


def note_merge(journal: Merge, *, by: User | None, at: datetime) -> None:
    note_all(notes_of(journal, deed="merged", is_undone=False), by=by, at=at)


def note_undoing(journal: Merge, *, by: User | None, at: datetime) -> None:
    note_all(notes_of(journal, deed="unmerged", is_undone=True), by=by, at=at)


def notes_of(journal: Merge, *, deed: str, is_undone: bool) -> Iterator[Note]:
    winner, loser = journal.winner_id, journal.loser_id
    for pk, link in ((winner, {"other": loser}), (loser, {"merged_into": winner})):
        changed = {
            name: values
            for name, values in journal.fields.get(str(pk), {}).items()
            if name not in NOT_TOLD
        }
        before = {name: values[0] for name, values in changed.items()}
        after = {name: values[1] for name, values in changed.items()} | link
        if is_undone:
            before, after = after, before
        yield Note(
            deed=deed,
            kind="contacts.contact",
            number=pk,
            contact_id=pk,
            before=before,
            after=after,
            personal=changed.keys(),
        )

"""Two contacts side by side: what each field says, what would move, what both have."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext

from apps.contacts.came_later import later_of
from apps.contacts.masked import shown
from apps.contacts.merge import choosable, is_taken
from apps.contacts.models import Contact, Identity, Merge
from apps.contacts.pointers import Pointer, collisions, pointers
from apps.contacts.portrait import Portrait, portraits

LISTED = 5  # ids of one contact
# Fields that say nothing to a reader, or are seen in the head of the page.
UNSEEN = {"avatar"}


@dataclass(frozen=True, kw_only=True)
class Side:
    """One of the two."""

    contact: Contact
    portrait: Portrait
    ids: list[tuple[str, str]]
    more_ids: int
    events: int
    last_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One field: what either says, and whose is proposed."""

    name: str
    title: str
    values: list[tuple[int, str]]  # number of the contact, and its words
    chosen: int
    differs: bool

    @property
    def result(self) -> str:
        return dict(self.values)[self.chosen]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """How many rows of one kind come together, and how many of them both have."""

    title: str
    counts: list[int]
    twice: int

    @property
    def together(self) -> int:
        return sum(self.counts)


def sides_of(contacts: Sequence[Contact]) -> list[Side]:
    drawn = portraits(contacts)
    found = []
    for contact in contacts:
        ids = list(Identity.objects.filter(contact=contact).order_by("kind", "pk"))
        events = contact.event_records.order_by("-at", "-pk")
        first = events.values_list("at", flat=True).first()
        found.append(
            Side(
                contact=contact,
                portrait=drawn[contact.pk],
                ids=[(str(i.get_kind_display()), shown(i)) for i in ids[:LISTED]],
                more_ids=max(0, len(ids) - LISTED),
                events=events.order_by().count(),
                last_at=first,
            )
        )
    return found


def lines_of(contacts: Sequence[Contact], *, winner: Contact) -> list[Line]:
    """The winner's value is proposed, unless it is empty."""
    [loser] = [contact for contact in contacts if contact.pk != winner.pk]
    found = []
    for field in choosable():
        values = [(contact.pk, words_of(contact, field)) for contact in contacts]
        if field.name in UNSEEN or not any(words for _pk, words in values):
            continue
        empty = is_taken(field, winner, loser, take=None)
        found.append(
            Line(
                name=field.name,
                title=str(field.verbose_name),
                values=values,
                chosen=loser.pk if empty else winner.pk,
                differs=len({words for _pk, words in values}) > 1,
            )
        )
    return found


def words_of(contact: Contact, field: Any) -> str:
    value = getattr(contact, field.attname)
    if not value:
        return ""
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return str(value)


def kinds_of(contacts: Sequence[Contact]) -> list[Kind]:
    """In one statement, how much of each kind would come together."""
    found = []
    one, other = contacts
    seen = [p for p in pointers() if p.model is not Contact]
    for pointer, counts in counted(seen, [one.pk, other.pk]).items():
        if not any(counts):
            continue
        twice = 0
        if all(counts):
            pairs = collisions(
                pointer, coming=pointer.at(other.pk), there=pointer.at(one.pk)
            )
            twice = len(pairs)
        title = title_of(pointer)
        found.append(Kind(title=title, counts=counts, twice=twice))
    return found


def counted(seen: Sequence[Pointer], ids: list[int]) -> dict[Pointer, list[int]]:
    parts = [
        f"SELECT {n} AS kind, {p.column} AS contact, count(*) FROM {p.table}"
        f" WHERE {p.column} = ANY(%s) GROUP BY {p.column}"
        for n, p in enumerate(seen)
    ]
    found = {pointer: [0, 0] for pointer in seen}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(parts), [ids] * len(parts))
        for number, contact_id, many in cursor.fetchall():
            found[seen[number]][ids.index(contact_id)] = many
    return found


def title_of(pointer: Pointer) -> str:
    options = pointer.model._meta
    if options.app_label == "events":
        return gettext("events")
    return str(options.verbose_name_plural)


def what_stays(merge: Merge) -> list[tuple[str, int]]:
    """What came since and stays with the winner when the merge is taken back."""
    if merge.undone_at is None:
        found = {str(later.pointer): len(later.keys) for later in later_of(merge)}
    else:
        found = {name: len(keys) for name, keys in merge.later.items()}
    by_name = {str(pointer): pointer for pointer in pointers()}
    return [
        (title_of(by_name[name]) if name in by_name else name, many)
        for name, many in sorted(found.items())
    ]

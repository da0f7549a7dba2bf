"""What a table brought is taken back: contacts who were new go, the rest is as before.

What has happened since is not undone: a contact who has been added by an employee, who
ordered or who is known from elsewhere meanwhile stays, and is named; a value or a name
that somebody has changed since stays as it is.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.deletion import ProtectedError, RestrictedError

from apps.audit.note import Note, note_all
from apps.contacts.attribute_models import AttributeValue
from apps.contacts.bring import FIELDS
from apps.contacts.models import ConsentRecord, Contact, Identity
from apps.contacts.settle import settle
from apps.events.models import EventRecord
from apps.staff.models import User


@transaction.atomic
def take_back(
    journal: Mapping[str, Any], *, brought_at: datetime, by: User, at: datetime
) -> list[int]:
    """Answer who stays although the table made them."""
    gone = let_go(journal["made"], brought_at=brought_at)
    stay = [pk for pk in journal["made"] if pk not in gone]
    Identity.objects.filter(pk__in=journal["ids"], last_seen_at=brought_at).delete()
    restore_values(journal["values"], brought_at=brought_at, without=gone)
    changed = restore_fields(journal["fields"])
    changed |= unsay(journal.get("sayings", []))
    settle(changed)
    note_all(
        [
            Note(deed="taken_back", kind="contacts.contact", number=pk, contact_id=pk)
            for pk in sorted({*gone, *changed})
        ],
        by=by,
        at=at,
    )
    return stay


def let_go(
    pks: Sequence[int], *, brought_at: datetime, deaf_to: Collection[str] = ()
) -> set[int]:
    """Delete those of whom nothing else has been heard, and on whom nobody hangs.

    `deaf_to` are kinds of events that do not count: the caller has looked.
    """
    there = Contact.objects.select_for_update().in_bulk(pks)
    heard = EventRecord.objects.filter(contact__in=pks).exclude(at=brought_at)
    heard = heard.exclude(kind__in=deaf_to)
    told = Identity.objects.external().filter(contact__in=pks)
    merged = Contact.objects.filter(merged_into__in=pks)
    said = ConsentRecord.objects.filter(contact__in=pks)
    said = said.exclude(recorded_at=brought_at)
    stay = {
        *heard.values_list("contact_id", flat=True),
        *told.values_list("contact_id", flat=True),
        *merged.values_list("merged_into_id", flat=True),
        *said.values_list("contact_id", flat=True),
        *(pk for pk, contact in there.items() if contact.merged_into_id),
    }
    return {pk for pk in pks if pk not in there} | delete(sorted(set(there) - stay))


def delete(pks: Sequence[int]) -> set[int]:
    """All at once; where something hangs on one of them, in halves."""
    if not pks:
        return set()
    try:
        with transaction.atomic():
            Contact.objects.filter(pk__in=pks).delete()
    except (ProtectedError, RestrictedError):
        half = len(pks) // 2
        return delete(pks[:half]) | delete(pks[half:]) if half else set()
    return set(pks)


def restore_values(
    values: Iterable[Any], *, brought_at: datetime, without: set[int]
) -> None:
    """Each as it was, unless somebody has said another thing since."""
    for contact_id, attribute_id, before in values:
        if contact_id in without:
            continue
        ours = AttributeValue.objects.filter(
            contact=contact_id, attribute=attribute_id, at=brought_at
        )
        if before is None:
            ours.delete()
        else:
            ours.update(**before)


def unsay(numbers: Sequence[int]) -> set[int]:
    """What a table said that people had said; the audit remembers that it did."""
    records = ConsentRecord.objects.filter(pk__in=numbers)
    of = set(records.values_list("contact_id", flat=True))
    records.delete()
    return of


def restore_fields(fields: Iterable[Any]) -> set[int]:
    """`fields` holds what was before and what was brought, by contact."""
    changed: set[int] = set()
    for pk, before, brought in fields:
        for name in FIELDS:
            if name in before:
                mine = Contact.objects.filter(pk=pk, **{name: brought[name]})
                changed.update([pk] * mine.update(**{name: before[name]}))
    return changed

"""What a table brought is taken back: contacts who were new go, the rest is as before.

What has happened since is not undone: a contact who has been added by an employee, who
ordered or who is known from elsewhere meanwhile stays, and is named; a value or a name
that somebody has changed since stays as it is.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.deletion import ProtectedError, RestrictedError

from apps.audit.note import Note, note_all
from apps.contacts.attribute_models import AttributeValue
from apps.contacts.bring import FIELDS
from apps.contacts.models import Contact, Identity
from apps.contacts.settle import settle
from apps.events.models import EventRecord
from apps.staff.models import User


@transaction.atomic
def take_back(
    journal: Mapping[str, Any], *, brought_at: datetime, by: User, at: datetime
) -> list[int]:
    """Answer who stays although the table made them."""
    stay = [pk for pk in journal["made"] if not go(pk, since=brought_at)]
    gone = set(journal["made"]) - set(stay)
    Identity.objects.filter(pk__in=journal["ids"], last_seen_at=brought_at).delete()
    restore_values(journal["values"], brought_at=brought_at, without=gone)
    changed = restore_fields(journal["fields"], journal["owners"])
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


def go(pk: int, *, since: datetime) -> bool:
    """Delete somebody of whom nothing has been heard since, and nobody hangs on."""
    contact = Contact.objects.select_for_update().filter(pk=pk).first()
    if contact is None:
        return True
    heard = EventRecord.objects.filter(contact=pk, at__gt=since).exists()
    told = contact.identities.filter(kind=Identity.Kind.EXTERNAL).exists()
    if heard or told or contact.merged_into_id or contact.merged_contacts.exists():
        return False
    try:
        with transaction.atomic():
            contact.delete()
    except (ProtectedError, RestrictedError):
        return False
    return True


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


def restore_fields(fields: Iterable[Any], owners: Iterable[Any]) -> set[int]:
    """`fields` holds what was before and what was brought, by contact."""
    changed: set[int] = set()
    for pk, before, brought in fields:
        for name in FIELDS:
            if name in before:
                mine = Contact.objects.filter(pk=pk, **{name: brought[name]})
                changed.update([pk] * mine.update(**{name: before[name]}))
    for pk, owner_id, served_by, brought in owners:
        mine = Contact.objects.filter(pk=pk, owner=brought)
        changed.update([pk] * mine.update(owner=owner_id, served_by=served_by))
    return changed

"""A copy of everything that is held of a person, for the person: from the data map.

One part for each store that tells of them, row by row; what is sealed is opened, what
is a digest is left out. What names them by the way, such as a message of WeCom's that
is deleted after 30 days, says nothing that does not stand here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from apps.audit.note import note
from apps.common.errors import MayNot
from apps.common.sealing import CannotUnseal
from apps.contacts.attribute_words import known_of
from apps.contacts.data_map import Store, stores
from apps.contacts.masked import whole_of
from apps.contacts.models import Attribute, Contact
from apps.contacts.phones import phones_of
from apps.contacts.unmask import LONGEST, SHORTEST, NoReason
from apps.staff.models import User

MOST = 20_000  # rows of one store; more than anybody has
LEFT_OUT = {"digest", "tail_digest", "phones_digest", "spelling", "grams", "served_by"}
LEFT_OUT |= {"said_for"}  # numbers of ours
MACHINERY = {
    "contacts.Merge",
    "contacts.Moved",
    "contacts.AttributeValue",
    "sync.Difference",
}
# What is sealed is opened: by model and field.
OPENED: dict[tuple[str, str], Callable[[Any], Any]] = {
    ("contacts.Identity", "sealed"): whole_of,
    ("contacts.Follow", "phones_sealed"): lambda follow: "、".join(phones_of(follow)),
}


class MayNotCopy(MayNot):
    """Your role does not let you take out a copy."""

    code = "may_not_copy"


@dataclass(frozen=True, kw_only=True)
class Part:
    """What one store holds: columns by name, and rows of as many cells."""

    label: str
    title: str
    purpose: str
    kept: str
    columns: list[str]
    rows: list[list[str]]


@transaction.atomic
def copy_for(contact: Contact, *, by: User, reason: str, at: datetime) -> list[Part]:
    """The copy; that it was taken, by whom and what for, is in the audit."""
    reason = " ".join(reason.split())[:LONGEST]
    seen = Contact.objects.visible_to(by).filter(pk=contact.pk)
    if not by.has_perm("contacts.copy_contact") or not seen.exists():
        raise MayNotCopy
    if len(reason) < SHORTEST:
        raise NoReason
    parts = parts_of(contact, at=at)
    note(
        deed="copied_out",
        about=contact,
        contact_id=contact.pk,
        after={"many": sum(len(part.rows) for part in parts)},
        reason=reason,
        by=by,
        at=at,
    )
    return parts


def parts_of(contact: Contact, *, at: datetime) -> list[Part]:
    family = Contact.objects.filter(Q(pk=contact.pk) | Q(merged_into=contact))
    numbers = list(family.values_list("pk", flat=True))
    found = []
    for store in stores():
        if store.person and store.label not in MACHINERY:
            part = part_of(store, numbers)
            if part.rows:
                found.append(part)
        if (
            store.label == "contacts.AttributeValue"
            and (part := attributes_of(store, contact, at=at)).rows
        ):
            found.append(part)
    return found


def part_of(store: Store, numbers: list[int]) -> Part:
    names = [name for name in store.fields if name not in LEFT_OUT]
    fields: list[Any] = [store.model._meta.get_field(name) for name in names]
    links = [field.name for field in fields if field.is_relation]
    rows = store.model._base_manager.filter(**{f"{store.person}__in": numbers})
    rows = rows.select_related(*links) if links else rows
    return part(
        store,
        columns=[str(field.verbose_name) for field in fields],
        rows=[
            [cell(store.label, row, field) for field in fields]
            for row in rows.order_by("pk")[:MOST]
        ],
    )


def attributes_of(store: Store, contact: Contact, *, at: datetime) -> Part:
    """As the page words them."""
    known = [row for rows in known_of(contact.pk, at=at).values() for row in rows]
    columns = [
        *(named(Attribute, name) for name in ("name", "purpose", "origin")),
        *(named(store.model, name) for name in ("text", "at")),
    ]
    return part(
        store,
        columns=columns,
        rows=[
            [
                str(row.attribute),
                row.attribute.purpose,
                row.attribute.origin,
                str(row.words),
                row.value.at.isoformat(),
            ]
            for row in known
            if row.value
        ],
    )


def named(model: type[models.Model], name: str) -> str:
    field: Any = model._meta.get_field(name)
    return str(field.verbose_name)


def part(store: Store, *, columns: list[str], rows: list[list[str]]) -> Part:
    return Part(
        label=store.label,
        title=str(store.title),
        purpose=str(store.purpose),
        kept=str(store.kept),
        columns=columns,
        rows=rows,
    )


def cell(label: str, row: Any, field: Any) -> str:
    if reader := OPENED.get((label, field.name)):
        try:
            return str(reader(row))
        except CannotUnseal:
            return ""
    if field.is_relation:
        return str(getattr(row, field.name) or "")
    if field.choices:
        return str(getattr(row, f"get_{field.name}_display")())
    value = getattr(row, field.name)
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    if isinstance(field, models.BinaryField) or value is None:
        return ""
    return str(value)

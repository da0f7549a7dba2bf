"""The fields of a contact in words: their values, who told them, and what is stale."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext

from apps.common.wording import money
from apps.contacts.attribute_models import (
    COLUMNS,
    Attribute,
    AttributeChoice,
    AttributeValue,
)

Type = Attribute.Type


@dataclass(frozen=True, kw_only=True)
class Known:
    """A field of a contact with its value, as a page shows it."""

    attribute: Attribute
    value: AttributeValue | None
    words: str
    is_stale: bool
    chosen: dict[str, int]  # by name; an archived choice as well


def known_of(contact_id: int, *, at: datetime) -> dict[str, list[Known]]:
    """By face: all fields in use, and archived ones that still hold a value."""
    rows = AttributeValue.objects.filter(contact=contact_id)
    values = {row.attribute_id: row for row in rows.select_related("attribute", "by")}
    names = names_of_choices(values.values())
    faces: dict[str, list[Known]] = {face: [] for face in Attribute.Face.values}
    for attribute in Attribute.objects.all():
        value = values.get(attribute.pk)
        if value is None and attribute.archived_at is not None:
            continue
        faces[attribute.face].append(
            Known(
                attribute=attribute,
                value=value,
                words=in_words(value, names) if value else "",
                is_stale=bool(value and value.is_stale(at=at)),
                chosen=chosen_in(value, names) if value else {},
            )
        )
    return faces


def names_of_choices(values: Iterable[AttributeValue]) -> dict[int, str]:
    """What may have been chosen in these values; none, no query."""
    chosen = {pk for value in values for pk in ids_in(value)}
    if not chosen:
        return {}
    rows = AttributeChoice.objects.filter(pk__in=chosen)
    return dict(rows.values_list("pk", "name"))


def ids_in(value: AttributeValue) -> list[int]:
    return value.choices or ([value.choice_id] if value.choice_id else [])


def chosen_in(value: AttributeValue, names: dict[int, str]) -> dict[str, int]:
    return {names[pk]: pk for pk in ids_in(value) if pk in names}


def in_words(value: AttributeValue, names: dict[int, str]) -> str:
    """As it can be read, and written into a field again."""
    kind = value.attribute.type
    if kind in Attribute.CHOSEN:
        return "、".join(chosen_in(value, names))
    kept: Any = getattr(value, COLUMNS[kind])
    match kind:
        case Type.YES_NO:
            return gettext("yes") if kept else gettext("no")
        case Type.MONEY:
            return money(kept)
        case Type.NUMBER:
            return digits(kept)
    return str(kept)


def digits(number: Decimal) -> str:
    """1,200 and 3.5: no zeros that say nothing."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text

"""The company's own fields as words of the language, whatever their type."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from apps.common.filters import midnight
from apps.contacts.models import Attribute
from apps.rules.fields import FAMILIES, Family, Field, Rows
from apps.rules.operators import Kind

Type = Attribute.Type
# of each type: how it is asked for, and where its value stands
KINDS: dict[str, tuple[Kind, str]] = {
    Type.TEXT: (Kind.TEXT, "nullif(row.text, '')"),
    Type.NUMBER: (Kind.NUMBER, "row.number"),
    Type.DATE: (Kind.DAY, "row.day"),
    Type.CHOICE: (Kind.CHOICE, "row.choice_id"),
    Type.CHOICES: (Kind.CHOICES, "chosen"),
    Type.YES_NO: (Kind.YES_NO, "row.yes"),
    Type.MONEY: (Kind.MONEY, "row.fen"),
}


def word_for(attribute: Attribute) -> Rows:
    kind, value = KINDS[attribute.type]
    table = "contacts_attributevalue AS row"
    if kind == Kind.CHOICES:
        table += " LEFT JOIN LATERAL unnest(row.choices) AS chosen ON true"
    days = attribute.fresh_days

    def stale(today: date) -> tuple[str, dict[str, Any]]:
        before = midnight(today - timedelta(days=days or 0))
        return "row.at < %(before)s", {"before": before}

    return Rows(
        name=f"attribute.{attribute.pk}",
        title=attribute.name,
        group=attribute.get_face_display(),
        permission="contacts.view_attributevalue",
        kind=kind,
        table=table,
        where="row.attribute_id = %(attribute)s",
        parameters={"attribute": attribute.pk},
        value=value,
        choices=lambda: dict(attribute.options.values_list("pk", "name")),
        optional=True,
        more=("stale",) if days else (),
        stale=stale,
        topic="attribute",
        key=str(attribute.pk),
        offered=attribute.archived_at is None,
    )


def all_words() -> Iterable[Field]:
    in_use = Attribute.objects.in_use().prefetch_related("options")
    return [word_for(attribute) for attribute in in_use]


def one_word(number: int) -> Field | None:
    attribute = Attribute.objects.filter(pk=number).first()
    return word_for(attribute) if attribute else None


FAMILIES["attribute"] = Family(all=all_words, one=one_word)

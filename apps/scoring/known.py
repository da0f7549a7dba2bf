"""What was known of contacts at a moment: features that tell nothing of later.

Only rows that are dated before the moment are read (see sources.py). So the same moment
tells the same today and in a year, and what follows from an outcome can never foretell
it.
"""

from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from apps.behaviour.models import Behaviour
from apps.contacts.models import Attribute, AttributeValue
from apps.scoring.bins import Table
from apps.scoring.sources import CHOICES, NUMBERS, Source, Words, sources_of
from apps.tags.models import Tag, Tagging

MOST_WORDS = {"kinds": 10, "tags": 20, "attributes": 12}
LOOKED_AT = 50_000  # rows, to find which words are in use


# --- which words are in use -----------------------------------------------------------


def words_in_use() -> Words:
    """The kinds of behaviour, tags and fields that are worth a feature of their own.
    They are kept with a model, and stay the same as long as it is used."""
    lately = Behaviour.objects.order_by("-pk")[:LOOKED_AT].values("kind")
    usual = Tagging.objects.order_by("-pk")[:LOOKED_AT].values("tag_id")
    known = AttributeValue.objects.order_by("-pk")[:LOOKED_AT].values("attribute_id")
    standing = set(Tag.objects.filter(deleted_at=None).values_list("pk", flat=True))
    types = [*NUMBERS, *CHOICES]
    fields = set(
        Attribute.objects.in_use().filter(type__in=types).values_list("pk", flat=True)
    )
    return {
        "kinds": most(lately, "kind", of="kinds"),
        "tags": most(usual, "tag_id", of="tags", among=standing),
        "attributes": most(known, "attribute_id", of="attributes", among=fields),
    }


def most(rows: Any, name: str, *, of: str, among: Any = None) -> list[str]:
    values, often = np.unique(
        [str(row[name]) for row in rows if among is None or row[name] in among],
        return_counts=True,
    )
    order = np.argsort(-often, kind="stable")[: MOST_WORDS[of]]
    return [str(values[place]) for place in order]


# --- to read them ---------------------------------------------------------------------


def named(name: str, words: Words) -> str:
    """Numbers of a statement are names of a feature: k0 is "kind:page.viewed"."""
    kinds = {"k": "kinds", "t": "tags", "a": "attributes"}
    if name[1:].isdigit() and name[0] in kinds:
        kind = kinds[name[0]]
        return f"{kind}:{words[kind][int(name[1:])]}"
    return name


def known_at(who: Any, at: datetime, words: Words) -> Table:
    """A column for each feature, in the order of `who`, whom it names once each. Of
    whom a source has no row, its features are unknown."""
    contacts = np.asarray(who, np.int64)
    sources = sources_of(words)
    rows = {row[0]: row[1:] for row in rows_of(sources, contacts, at)}
    told = [rows[number] for number in contacts.tolist()]
    columns = list(zip(*told, strict=True)) if told else []
    table: dict[str, Any] = {}
    place = 0
    for source in sources:
        for name in (*source.numbers, *source.choices):
            values = columns[place] if columns else ()
            place += 1
            if name in source.choices:
                texts = ["" if value is None else value for value in values]
                table[named(name, words)] = np.array(texts, dtype=object)
            else:
                table[named(name, words)] = np.array(values, float)  # None is NaN
    return table


def rows_of(
    sources: list[Source], contacts: Any, at: datetime
) -> list[tuple[Any, ...]]:
    """One statement for all of them."""
    told: dict[str, Any] = {"who": contacts.tolist(), "at": at}
    names, joins = [], []
    for number, source in enumerate(sources):
        told |= source.held
        names += [f"s{number}.{name}::float8" for name in source.numbers]
        names += [f"s{number}.{name}" for name in source.choices]
        joins.append(
            f"LEFT JOIN ({source.sql}) AS s{number} ON s{number}.contact_id = who.id"
        )
    sql = f"""SELECT who.id, {", ".join(names)}
    FROM unnest(%(who)s::bigint[]) AS who (id) {" ".join(joins)}"""
    with connection.cursor() as cursor:
        cursor.execute(sql, told)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows

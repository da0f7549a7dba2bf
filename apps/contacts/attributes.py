"""The fields a company adds of its own: values are set, cleared and grow old.

A value says who told it and when. What was said earlier than what we know changes
nothing, so that the order of news does not matter; the same value said again makes it
fresh once more, and is no news. What a person changes is written into the audit. An
archived field takes no values, and a field that holds values keeps its type.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import batched, groupby
from operator import itemgetter
from typing import Any, NamedTuple

from django.db import connection, transaction

from apps.common.errors import Refused
from apps.contacts.attribute_models import COLUMNS, Attribute
from apps.contacts.events import AttributesChanged
from apps.contacts.noting_values import Pair, note_changes, words_of
from apps.contacts.proposals import compare_again
from apps.contacts.reading_values import Value
from apps.events.bus import record_all
from apps.events.models import EventRecord
from apps.staff.models import User

BATCH = 5_000  # values that one statement carries

# Nobody changes the type of a field, or archives it, while values are written.
LOCK = """
SELECT id, type, archived_at, tells_city FROM contacts_attribute WHERE id = ANY(%s)
ORDER BY id FOR SHARE
"""
SET = """
WITH told AS (
    SELECT * FROM json_to_recordset(%(told)s::json) AS told (contact_id bigint,
        attribute_id bigint, text text, number numeric, day date, choice_id bigint,
        choices bigint[], yes boolean, fen bigint)
), before AS (
    SELECT told.contact_id, told.attribute_id
    FROM told JOIN contacts_attributevalue AS value USING (contact_id, attribute_id)
    WHERE (value.text, value.number, value.day, value.choice_id, value.choices,
            value.yes, value.fen)
        IS NOT DISTINCT FROM (told.text, told.number, told.day, told.choice_id,
            told.choices, told.yes, told.fen)
), kept AS (
    INSERT INTO contacts_attributevalue AS value (contact_id, attribute_id, text,
        number, day, choice_id, choices, yes, fen, source, by_id, at)
    SELECT contact_id, attribute_id, text, number, day, choice_id, choices, yes, fen,
        %(source)s, %(by)s, %(at)s
    FROM told ORDER BY contact_id, attribute_id
    ON CONFLICT (contact_id, attribute_id) DO UPDATE SET
        text = EXCLUDED.text, number = EXCLUDED.number, day = EXCLUDED.day,
        choice_id = EXCLUDED.choice_id, choices = EXCLUDED.choices,
        yes = EXCLUDED.yes, fen = EXCLUDED.fen, source = EXCLUDED.source,
        by_id = EXCLUDED.by_id, at = EXCLUDED.at
    WHERE value.at <= EXCLUDED.at
    RETURNING contact_id, attribute_id
)
SELECT contact_id, attribute_id FROM kept
EXCEPT SELECT contact_id, attribute_id FROM before
ORDER BY contact_id, attribute_id
"""
CLEAR = """
DELETE FROM contacts_attributevalue AS value
USING unnest(%(contacts)s::bigint[], %(attributes)s::bigint[])
    AS told (contact_id, attribute_id)
WHERE value.contact_id = told.contact_id AND value.attribute_id = told.attribute_id
    AND value.at <= %(at)s
RETURNING value.contact_id, value.attribute_id
"""


class Archived(Refused):
    """This field is archived: it takes no values any more."""

    code = "attribute_archived"


class HoldsValues(Refused):
    """Contacts have values in this field: its type stays as it is."""

    code = "attribute_holds_values"


class OfAnotherType(Refused):
    """The field has another type than the value."""

    code = "value_of_another_type"


class Told(NamedTuple):
    """What a contact's field is said to be; None: nothing any more."""

    contact_id: int
    attribute_id: int
    value: Value | None


@transaction.atomic
def set_values(
    told: Iterable[Told],
    *,
    source: EventRecord.Source,
    at: datetime,
    by: User | None = None,
) -> list[Pair]:
    """Set or clear many values at once; answer which of them are other than before.

    Of two that are told of one contact and field, the last counts.
    """
    last = {(each.contact_id, each.attribute_id): each for each in told}
    if not last:
        return []
    cities = refuse_what_does_not_fit(last.values())
    changed: list[Pair] = []
    for batch in batched(sorted(last), BATCH):
        rows = [last[pair] for pair in batch]
        before = words_of(batch) if by else {}
        other = keep([r for r in rows if r.value], source=source, at=at, by=by)
        other += clear([r for r in rows if r.value is None], at=at)
        if by:
            note_changes(other, before=before, after=words_of(other), by=by, at=at)
        changed += other
    if source != EventRecord.Source.FIRST_PULL:
        compare_again({of for of, attribute_id in changed if attribute_id in cities})
    record_all(news_of(changed, source=source, at=at, by=by))
    return changed


def news_of(
    changed: Iterable[Pair],
    *,
    source: EventRecord.Source,
    at: datetime,
    by: User | None,
) -> Iterator[AttributesChanged]:
    """One event for each contact, however many of their fields have changed."""
    for contact_id, pairs in groupby(sorted(changed), key=itemgetter(0)):
        yield AttributesChanged(
            at=at,
            source=source,
            contact_id=contact_id,
            actor_id=by.pk if by else None,
            attribute_ids=[attribute_id for _contact_id, attribute_id in pairs],
        )


def refuse_what_does_not_fit(told: Iterable[Told]) -> set[int]:
    """The fields are locked until the end: their type and state stay as they are.
    Answers which of them say the city."""
    told = list(told)
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [sorted({each.attribute_id for each in told})])
        known = {pk: facts for pk, *facts in cursor.fetchall()}
    for each in told:
        kind, archived_at, _tells_city = known[each.attribute_id]
        if each.value is None:
            continue
        if archived_at is not None:
            raise Archived
        if getattr(each.value, COLUMNS[kind]) in (None, ""):
            raise OfAnotherType
    return {pk for pk, (_kind, _gone, tells_city) in known.items() if tells_city}


def keep(
    told: Sequence[Told],
    *,
    source: EventRecord.Source,
    at: datetime,
    by: User | None,
) -> list[Pair]:
    if not told:
        return []
    rows = [as_json(each) for each in told]
    parameters: dict[str, Any] = {
        "told": json.dumps(rows, ensure_ascii=False, default=str),
        "source": source,
        "by": by.pk if by else None,
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(SET, parameters)
        return cursor.fetchall()


def as_json(each: Told) -> dict[str, Any]:
    assert each.value is not None
    columns = each.value._asdict()
    columns["choice_id"] = columns.pop("choice")
    return {
        "contact_id": each.contact_id,
        "attribute_id": each.attribute_id,
        **columns,
    }


def clear(told: Sequence[Told], *, at: datetime) -> list[Pair]:
    if not told:
        return []
    parameters: dict[str, Any] = {
        "contacts": [each.contact_id for each in told],
        "attributes": [each.attribute_id for each in told],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(CLEAR, parameters)
        return sorted(cursor.fetchall())


def refuse_another_type(attribute: Attribute) -> None:
    """Call it before the type changes, in the transaction that changes it."""
    Attribute.objects.select_for_update().get(pk=attribute.pk)
    if attribute.values.exists():
        raise HoldsValues


def archive(*, attribute: Attribute, at: datetime) -> None:
    """It takes no values any more, and what it holds is kept."""
    Attribute.objects.filter(pk=attribute.pk, archived_at=None).update(archived_at=at)

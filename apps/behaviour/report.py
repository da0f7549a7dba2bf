"""Keep what other systems report that a contact did, once.

Each report has a number of its own in its system; one that comes again is passed over,
whatever it says then. Who did it is found as with an order, and a stranger becomes a
contact. What somebody did whom we have erased since is not kept.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db import connection, transaction

from apps.behaviour.events import BehaviourReported
from apps.contacts.erased import of_the_erased
from apps.contacts.recognise import Person, recognise
from apps.events.bus import record_all
from apps.events.models import EventRecord

KEEP = """
INSERT INTO behaviour_behaviour (system, number, contact_id, kind, title, facts, at,
    recorded_at)
SELECT %(system)s, number, contact_id, kind, title, facts, at, %(now)s
FROM json_to_recordset(%(told)s::json) AS told (number text, contact_id bigint,
    kind text, title text, facts jsonb, at timestamptz)
ORDER BY number
ON CONFLICT DO NOTHING
RETURNING id, number
"""
KNOWN = """
SELECT number FROM behaviour_behaviour WHERE system = %s AND number = ANY(%s)
"""


@dataclass(frozen=True, kw_only=True)
class ToldBehaviour:
    """What somebody did, as its system reports it."""

    number: str
    person: Person
    kind: str
    at: datetime
    title: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


class Outcome(StrEnum):
    KEPT = "kept"
    REPEATED = "repeated"
    PASSED_OVER = "passed_over"


@transaction.atomic(savepoint=False)
def report(
    *,
    system: str,
    behaviours: Sequence[ToldBehaviour],
    source: EventRecord.Source,
    at: datetime,
) -> list[Outcome]:
    """Keep them; answer what became of each."""
    known = known_numbers(system, {told.number for told in behaviours})
    first: dict[str, ToldBehaviour] = {}
    for told in behaviours:
        if told.number not in known:
            first.setdefault(told.number, told)
    over = of_nobody(first.values())
    first = {number: told for number, told in first.items() if number not in over}
    people = [told.person for told in first.values()]
    contacts = recognise(people, source=source, at=at)
    by = dict(zip(first, contacts, strict=True))
    kept = keep(system, first.values(), by, at=at)
    record_all(
        BehaviourReported(
            at=first[number].at,
            source=source,
            contact_id=by[number],
            behaviour_id=pk,
            name=first[number].kind,
        )
        for number, pk in kept.items()
    )
    return [
        Outcome.PASSED_OVER
        if told.number in over
        else Outcome.KEPT
        if told.number in kept and first[told.number] is told
        else Outcome.REPEATED
        for told in behaviours
    ]


def of_nobody(behaviours: Iterable[ToldBehaviour]) -> set[str]:
    """Numbers of what was done before whoever did it was erased."""
    told = list(behaviours)
    over = of_the_erased([(each.person, each.at) for each in told])
    return {each.number for each, is_over in zip(told, over, strict=True) if is_over}


def known_numbers(system: str, numbers: Iterable[str]) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [system, list(numbers)])
        return {number for (number,) in cursor.fetchall()}


def keep(
    system: str, told: Iterable[ToldBehaviour], by: dict[str, int], *, at: datetime
) -> dict[str, int]:
    """Our numbers of those that nobody else has kept meanwhile."""
    rows = [
        {
            "number": each.number,
            "contact_id": by[each.number],
            "kind": each.kind,
            "title": each.title,
            "facts": each.facts,
            "at": each.at.isoformat(),
        }
        for each in told
    ]
    parameters: dict[str, Any] = {"system": system, "told": json.dumps(rows), "now": at}
    with connection.cursor() as cursor:
        cursor.execute(KEEP, parameters)
        return {number: pk for pk, number in cursor.fetchall()}

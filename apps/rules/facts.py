"""What a contact's rows come to in the usual spans of days, kept beside them.

A count over ninety days, asked of two million orders, would be added up anew whenever
somebody types. `Fact` has one row for each topic and contact, with the counts and sums
of the last 7, 30, 90 and 365 days and of all; indexes find who reaches a threshold.

A fact is a cache of the field's own SQL, like a kept set: contacts who were touched
since are looked up there, and so is everybody while the facts are of another day or not
complete. Both are told by the one statement that reads the set.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import connection, transaction
from pyroaring import BitMap

from apps.common.filters import midnight
from apps.rules.algebra import PACKED, Atom, Expr, Shortcut, named, prefixed
from apps.rules.models import FactsDay

TURN = "hashtext('rules: sets are kept and folded')"
SPANS = (7, 30, 90, 365)
LUMP = 20_000  # contacts whose facts one statement works out
PATIENCE = 20.0  # seconds of one go at facts that are not complete


@dataclass(frozen=True, kw_only=True)
class Source:
    """The rows of a topic: where they stand, which count, what they are worth."""

    topic: str
    table: str
    contact: str
    at: str
    where: str = "TRUE"
    worth: str = "0"


SOURCES: dict[str, Source] = {}


def facts_of(source: Source) -> None:
    """From now on the facts of this topic are kept."""
    SOURCES[source.topic] = source


def column(measure: str, days: int | None) -> str:
    return f"{measure}_{days or 'all'}"


@dataclass(frozen=True, kw_only=True)
class ByFacts(Shortcut):
    condition: str  # about the columns of the facts
    today: date


def by_facts(raw: Atom, *, condition: str, today: date) -> ByFacts:
    """The same set as `raw`. `condition` holds of no row with nothing in its span."""
    touched = f"SELECT unnest(contacts) FROM rules_touched WHERE topic = '{raw.topic}'"
    again, held = raw.statement("", who=f"IN ({touched})")
    return ByFacts(
        sql=f"SELECT {PACKED}, NULL::bytea FROM (SELECT who AS contact_id "
        f"FROM rules_fact WHERE topic = '{raw.topic}' AND {condition} "
        f"AND who NOT IN ({touched}) "
        f"UNION ALL SELECT contact_id FROM ({again}) AS again) AS found",
        parameters=held | {"today": today},
        holds=f"EXISTS (SELECT FROM rules_factsday WHERE topic = '{raw.topic}' "
        "AND day = %(today)s AND is_whole)",
        condition=condition,
        today=today,
    )


def put_together(parts: Iterable[Expr]) -> list[Expr]:
    """Totals of one topic that must all be reached are one set: each row of the facts
    is looked at once, and whoever reaches only one of them is never told."""
    alike: dict[str, list[Atom]] = {}
    found: list[Expr] = []
    for part in parts:
        if isinstance(part, Atom) and isinstance(part.shortcut, ByFacts):
            alike.setdefault(part.topic, []).append(part)
        else:
            found.append(part)
    return found + [together(atoms) for atoms in alike.values()]


def together(atoms: list[Atom]) -> Atom:
    if len(atoms) == 1:
        return atoms[0]
    parameters: dict[str, Any] = {}
    every: list[str] = []
    conditions: list[str] = []
    for number, atom in enumerate(sorted(atoms, key=lambda atom: atom.name)):
        prefix = f"of{number}_"
        assert isinstance(atom.shortcut, ByFacts)
        every.append(prefixed(atom.sql, prefix))
        conditions.append(prefixed(atom.shortcut.condition, prefix))
        parameters |= named(atom.parameters, prefix)
        today = atom.shortcut.today
    one = Atom.of(
        f"SELECT contact_id FROM ({' INTERSECT '.join(every)}) AS every",
        parameters,
        contact=atoms[0].contact,
        topic=atoms[0].topic,
        is_kept=all(atom.is_kept for atom in atoms),
    )
    way = by_facts(one, condition=" AND ".join(conditions), today=today)
    return replace(one, shortcut=way)


# --- to keep them ---------------------------------------------------------------------

FILL = """
INSERT INTO rules_fact (topic, who, {columns}, first_at, last_at)
SELECT %(topic)s, {contact}, {values}, min({at}), max({at})
FROM {table} WHERE {where} AND {at} IS NOT NULL AND {contact} = ANY(%(who)s)
GROUP BY {contact}
"""
ROLLED = """
SELECT DISTINCT {contact} FROM {table}
WHERE {where} AND {contact} IS NOT NULL AND ({gone})
"""
NEXT = """
SELECT id FROM contacts_contact WHERE id > %s ORDER BY id LIMIT %s
"""


def fold(changed: Mapping[str, BitMap], *, today: date) -> None:
    """With the kept sets: whoever was touched, and whatever is a day old."""
    for topic, source in SOURCES.items():
        state, _made = FactsDay.objects.get_or_create(
            topic=topic, defaults={"day": today}
        )
        touched = changed.get(topic, BitMap())
        if state.day < today:
            touched = touched | rolled(source, was=state.day, today=today)
        elif state.day > today:  # the clock was wrong: begin anew
            FactsDay.objects.filter(pk=state.pk).update(upto=0, is_whole=False)
        if touched:
            work_out(source, touched, today=today)
        FactsDay.objects.filter(pk=state.pk).update(day=today)


def complete(*, patience: float = PATIENCE) -> None:
    """Go on for some seconds with facts that are not worked out for everybody yet."""
    until = time.monotonic() + patience
    for state in FactsDay.objects.filter(is_whole=False):
        source = SOURCES.get(state.topic)
        while source and time.monotonic() < until:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT pg_advisory_xact_lock({TURN})")
                state = FactsDay.objects.get(pk=state.pk)
                cursor.execute(NEXT, [state.upto, LUMP])
                found = [pk for (pk,) in cursor.fetchall()]
                if not found:  # whoever came meanwhile was touched
                    FactsDay.objects.filter(pk=state.pk).update(is_whole=True)
                    break
                work_out(source, BitMap(found), today=state.day)
                FactsDay.objects.filter(pk=state.pk).update(upto=found[-1])


def work_out(source: Source, who: BitMap, *, today: date) -> None:
    values: list[str] = []
    names: list[str] = []
    parameters: dict[str, Any] = {"topic": source.topic}
    for days in (*SPANS, None):
        inside = "TRUE"
        if days is not None:
            inside = f"{source.at} >= %(from_{days})s"
            parameters[f"from_{days}"] = midnight(today - timedelta(days=days - 1))
        names += [column("many", days), column("sum", days)]
        values.append(f"count(*) FILTER (WHERE {inside})")
        values.append(f"coalesce(sum({source.worth}) FILTER (WHERE {inside}), 0)")
    statement = FILL.format(
        columns=", ".join(names), values=", ".join(values), **parts_of(source)
    )
    everybody = list(who)
    with connection.cursor() as cursor:
        for start in range(0, len(everybody), LUMP):
            lump = everybody[start : start + LUMP]
            cursor.execute(
                "DELETE FROM rules_fact WHERE topic = %s AND who = ANY(%s)",
                [source.topic, lump],
            )
            cursor.execute(statement, {**parameters, "who": lump})


def rolled(source: Source, *, was: date, today: date) -> BitMap:
    """Those of whom something has left a span since."""
    gone: list[str] = []
    parameters: dict[str, Any] = {}
    for days in SPANS:
        gone.append(f"{source.at} >= %(old_{days})s AND {source.at} < %(new_{days})s")
        parameters[f"old_{days}"] = midnight(was - timedelta(days=days - 1))
        parameters[f"new_{days}"] = midnight(today - timedelta(days=days - 1))
    statement = ROLLED.format(
        gone=" OR ".join(f"({each})" for each in gone), **parts_of(source)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return BitMap([pk for (pk,) in cursor.fetchall()])


def parts_of(source: Source) -> dict[str, str]:
    return {
        "table": source.table,
        "contact": source.contact,
        "at": source.at,
        "where": source.where,
    }

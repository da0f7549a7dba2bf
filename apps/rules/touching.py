"""Triggers that write down whose sets may have changed, in the same transaction, and
which moments of days that are over (see sheets.py).

Contacts are merged and taken apart, tags put on by COPY, orders taken back: whatever
the door, a statement that changes a table writes one row of `Touched` for each key that
it touches. So no door can forget it, and a bulk of ten thousand costs one row.

PostgreSQL plans what a trigger asks once in a session, for as many rows as there were
then. So nothing here is planned by that number: which rows differ is a difference of
sets, and what is joined is looked up row by row.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

INTO = "INSERT INTO rules_touched (topic, key, contacts, at)"
SPOILT = """
INSERT INTO rules_spoilt (topic, at)
SELECT DISTINCT '{topic}', date_bin('15 minutes', row.{at}, 'epoch')
FROM {rows} AS row WHERE row.{at} < now() - interval '6 hours'
"""
ROW_BY_ROW = "SET enable_hashjoin = off SET enable_mergejoin = off"
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql {settings}
AS $body$
BEGIN
    {body};
    RETURN NULL;
END
$body$;
"""
TRIGGER = """
CREATE TRIGGER {name} AFTER {event} ON {table}
REFERENCING {transition} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""
DROP = "DROP TRIGGER {name} ON {table}; DROP FUNCTION {name}();"
TRANSITIONS = {
    "insert": "NEW TABLE AS now",
    "delete": "OLD TABLE AS was",
    "update": "OLD TABLE AS was NEW TABLE AS now",
}


class Touching(RunSQL):
    """A trigger, or what it asks anew; `function` says it as it is today."""

    def __init__(self, function: str, *, trigger: str = "", reverse: str) -> None:
        super().__init__(function + trigger, reverse)
        self.function = function


def touches(
    table: str,
    *,
    topic: str,
    contact: str = "row.contact_id",
    key: str = "''",
    join: str = "",
    columns: Sequence[str],
    events: Sequence[str] = ("insert", "delete", "update"),
    instead_of: Sequence[str] = (),
    once: bool = False,
) -> list[Touching]:
    """Operations of a migration. `columns` are those whose change matters; `contact`
    and `key` are expressions on `row`, as it was or is now, and on what is joined.
    `instead_of`: the triggers are there, and looked at these columns before. `once`: no
    statement has a contact twice under one key."""

    def function(name: str, event: str, looked_at: Sequence[str], every: str) -> str:
        body = (
            f"{INTO} SELECT '{topic}', {key}, array_agg({every}{contact}), now() "
            f"FROM {rows(event, looked_at)} AS row {join} "
            f"WHERE {contact} IS NOT NULL GROUP BY 2"
        )
        settings = ROW_BY_ROW if join else ""
        return FUNCTION.format(name=name, body=body, settings=settings)

    found = []
    for event in events:
        name = f"touch_{topic}_{table}_{event}"
        new = function(name, event, columns, "" if once else "DISTINCT ")
        if instead_of:
            old = function(name, event, instead_of, "DISTINCT ")
            found.append(Touching(new, reverse=old))
        else:
            found.append(told_of(table, event, name=name, function=new))
    return found


def spoils(
    table: str, *, topic: str, at: str, columns: Sequence[str]
) -> list[Touching]:
    """Operations of a migration: a row that changes long after its moment `at` spoils
    the sheet of that day. Zones are whole quarters of an hour apart."""
    found = []
    for event in TRANSITIONS:
        name = f"spoil_{topic}_{event}"
        body = SPOILT.format(topic=topic, at=at, rows=rows(event, columns))
        new = FUNCTION.format(name=name, body=body.strip(), settings="")
        found.append(told_of(table, event, name=name, function=new))
    return found


def told_of(table: str, event: str, *, name: str, function: str) -> Touching:
    trigger = TRIGGER.format(
        name=name, event=event.upper(), table=table, transition=TRANSITIONS[event]
    )
    reverse = DROP.format(name=name, table=table)
    return Touching(function, trigger=trigger, reverse=reverse)


def rows(event: str, columns: Sequence[str]) -> str:
    """Which rows of a statement are looked at: of an update, those that differ."""
    if event != "update":
        return {"insert": "now", "delete": "was"}[event]
    names = ", ".join(dict.fromkeys(("id", *columns)))
    was, now = (f"SELECT {names} FROM {side}" for side in ("was", "now"))
    return f"(({was} EXCEPT {now}) UNION ALL ({now} EXCEPT {was}))"

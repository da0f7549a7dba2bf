"""Triggers that write down whose sets may have changed, in the same transaction.

Contacts are merged and taken apart, tags put on by COPY, orders taken back: whatever
the door, a statement that changes a table writes one row of `Touched` for each key that
it touches. So no door can forget it, and a bulk of ten thousand costs one row.
"""

from collections.abc import Sequence

from django.db.migrations.operations import RunSQL

INTO = "INSERT INTO rules_touched (topic, key, contacts, at)"
FUNCTION = """
CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
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
) -> list[RunSQL]:
    """Operations of a migration. `columns` are those whose change matters; `contact`
    and `key` are expressions on `row`, as it was or is now, and on what is joined.
    `instead_of`: the triggers are there, and looked at these columns before."""

    def function(name: str, event: str, looked_at: Sequence[str]) -> str:
        body = (
            f"{INTO} SELECT '{topic}', {key}, array_agg(DISTINCT {contact}), now() "
            f"FROM {rows(event, looked_at)} AS row {join} "
            f"WHERE {contact} IS NOT NULL GROUP BY 2"
        )
        return FUNCTION.format(name=name, body=body)

    found = []
    for event in events:
        name = f"touch_{topic}_{table}_{event}"
        trigger = TRIGGER.format(
            name=name, event=event.upper(), table=table, transition=TRANSITIONS[event]
        )
        drop = DROP.format(name=name, table=table)
        new = function(name, event, columns)
        if instead_of:
            found.append(RunSQL(new, function(name, event, instead_of)))
        else:
            found.append(RunSQL(new + trigger, drop))
    return found


def rows(event: str, columns: Sequence[str]) -> str:
    """Which rows of a statement are looked at: of an update, those that differ."""
    if event != "update":
        return {"insert": "now", "delete": "was"}[event]
    differ = " OR ".join(f"was.{c} IS DISTINCT FROM now.{c}" for c in columns)
    names = dict.fromkeys(("id", *columns))
    both = " UNION ALL ".join(
        f"SELECT {', '.join(f'{side}.{c}' for c in names)} "
        f"FROM was JOIN now ON was.id = now.id WHERE {differ}"
        for side in ("was", "now")
    )
    return f"({both})"

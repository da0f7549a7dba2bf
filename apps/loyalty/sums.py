"""The database keeps a membership's sums beside the ledger, in the same statement.

Points are earned one by one and by the thousand, and a merge or its undo moves lines
to another contact: whatever the door, the sums follow, and nobody else adds up. Lines
that an undo has laid apart for a moment are nobody's (contacts/unmerge.py).
"""

from django.db.migrations.operations import RunSQL

FUNCTION = """
CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    INSERT INTO loyalty_membership AS member (contact_id, balance, growth)
    SELECT contact_id, sum(points), sum(growth) FROM ({rows}) AS row
    WHERE contact_id > 0 GROUP BY contact_id {having} ORDER BY contact_id
    ON CONFLICT (contact_id) DO UPDATE SET
        balance = member.balance + excluded.balance,
        growth = member.growth + excluded.growth;
    RETURN NULL;
END
$body$;
CREATE TRIGGER {name} AFTER {event} ON loyalty_pointsentry
REFERENCING {transition} FOR EACH STATEMENT EXECUTE FUNCTION {name}();
"""
DROP = "DROP TRIGGER {name} ON loyalty_pointsentry; DROP FUNCTION {name}();"
NOW = "SELECT contact_id, points, growth FROM now"
WAS = "SELECT contact_id, -points, -growth FROM was"
TRANSITIONS = {
    "insert": ("NEW TABLE AS now", NOW, ""),
    "update": (
        "OLD TABLE AS was NEW TABLE AS now",
        f"{NOW} UNION ALL {WAS}",
        "HAVING sum(points) <> 0 OR sum(growth) <> 0",
    ),
}
# Of what is deleted only members remain that are still there: a contact may go as well.
DELETED = """
CREATE FUNCTION loyalty_sums_delete() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    UPDATE loyalty_membership AS member SET
        balance = member.balance - lost.points, growth = member.growth - lost.growth
    FROM (
        SELECT contact_id, sum(points) AS points, sum(growth) AS growth
        FROM was GROUP BY contact_id ORDER BY contact_id
    ) AS lost WHERE lost.contact_id = member.contact_id;
    RETURN NULL;
END
$body$;
CREATE TRIGGER loyalty_sums_delete AFTER DELETE ON loyalty_pointsentry
REFERENCING OLD TABLE AS was
FOR EACH STATEMENT EXECUTE FUNCTION loyalty_sums_delete();
"""


def sums() -> list[RunSQL]:
    """Operations of a migration."""
    found = []
    for event, (transition, rows, having) in TRANSITIONS.items():
        name = f"loyalty_sums_{event}"
        sql = FUNCTION.format(
            name=name,
            event=event.upper(),
            transition=transition,
            rows=rows,
            having=having,
        )
        found.append(RunSQL(sql, DROP.format(name=name)))
    found.append(RunSQL(DELETED, DROP.format(name="loyalty_sums_delete")))
    return found

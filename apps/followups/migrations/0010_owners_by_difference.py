"""How leads and tasks follow owners is planned for any number of them (see
rules/touching.py)."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

FOLLOWED = """
CREATE OR REPLACE FUNCTION leads_follow_contacts() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
BEGIN
    UPDATE followups_lead AS lead
    SET owner_id = other.owner_id, folded = other.merged_into_id IS NOT NULL
    FROM (
        SELECT id, owner_id, merged_into_id FROM now
        EXCEPT SELECT id, owner_id, merged_into_id FROM was
    ) AS other
    WHERE lead.contact_id = other.id AND lead.closed_at IS NULL
        AND (lead.owner_id, lead.folded)
            IS DISTINCT FROM (other.owner_id, other.merged_into_id IS NOT NULL);
    UPDATE followups_task AS task
    SET employee_id = other.owner_id
    FROM (
        SELECT id, max(was_id) AS was_id, max(now_id) AS owner_id FROM (
            SELECT id, owner_id AS was_id, NULL AS now_id FROM was
            UNION ALL SELECT id, NULL, owner_id FROM now
        ) AS both_sides GROUP BY id HAVING max(was_id) <> max(now_id)
    ) AS other
    WHERE task.contact_id = other.id AND task.done_at IS NULL
        AND task.employee_id = other.was_id;
    RETURN NULL;
END
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("followups", "0009_falls_into_the_pool")]

    operations = [RunSQL(FOLLOWED, RunSQL.noop)]

"""A lead belongs to whom its contact belongs to, whatever the door.

Owners change by thousands: in pulls, handovers, merges. One statement of the database
follows one statement that changes contacts; no door can forget it.
"""

from django.db import migrations
from django.db.migrations.operations import RunSQL

from apps.rules.touching import touches

OF_CONTACTS = """
CREATE FUNCTION leads_follow_contacts() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    UPDATE followups_lead AS lead
    SET owner_id = now.owner_id, folded = now.merged_into_id IS NOT NULL
    FROM now JOIN was ON was.id = now.id
    WHERE lead.contact_id = now.id AND lead.closed_at IS NULL
        AND (was.owner_id, was.merged_into_id)
            IS DISTINCT FROM (now.owner_id, now.merged_into_id)
        AND (lead.owner_id, lead.folded)
            IS DISTINCT FROM (now.owner_id, now.merged_into_id IS NOT NULL);
    UPDATE followups_task AS task
    SET employee_id = now.owner_id
    FROM now JOIN was ON was.id = now.id
    WHERE task.contact_id = now.id AND task.done_at IS NULL
        AND task.employee_id = was.owner_id
        AND now.owner_id <> was.owner_id;
    RETURN NULL;
END
$body$;
CREATE TRIGGER leads_follow_contacts AFTER UPDATE ON contacts_contact
REFERENCING OLD TABLE AS was NEW TABLE AS now
FOR EACH STATEMENT EXECUTE FUNCTION leads_follow_contacts();
"""
NO_MORE = """
DROP TRIGGER leads_follow_contacts ON contacts_contact;
DROP FUNCTION leads_follow_contacts();
"""
OF_LEADS = """
CREATE FUNCTION lead_moves_to_contact() RETURNS trigger LANGUAGE plpgsql AS $body$
DECLARE
    holder contacts_contact%ROWTYPE;
BEGIN
    SELECT * INTO holder FROM contacts_contact WHERE id = NEW.contact_id;
    IF FOUND THEN  -- while places are changed, rows stand at numbers of nobody
        NEW.owner_id := holder.owner_id;
        NEW.folded := holder.merged_into_id IS NOT NULL;
    END IF;
    RETURN NEW;
END
$body$;
CREATE TRIGGER lead_moves_to_contact BEFORE UPDATE OF contact_id ON followups_lead
FOR EACH ROW WHEN (OLD.contact_id <> NEW.contact_id AND NEW.closed_at IS NULL)
EXECUTE FUNCTION lead_moves_to_contact();
"""
NOT_THEM = """
DROP TRIGGER lead_moves_to_contact ON followups_lead;
DROP FUNCTION lead_moves_to_contact();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0005_leads"),
        ("contacts", "0013_rights"),
        ("rules", "0001_initial"),
    ]

    operations = [
        RunSQL(OF_CONTACTS, NO_MORE),
        RunSQL(OF_LEADS, NOT_THEM),
        *touches(
            "followups_lead",
            topic="lead",
            columns=["contact_id", "stage_id", "stage_since", "closed_at", "folded"],
        ),
        *touches(
            "followups_task",
            topic="task",
            columns=["contact_id", "due_at", "done_at"],
        ),
    ]

"""Who has left is counted by an index, however many a code has brought.

Follows end in callbacks, pulls and merges. One statement of the database follows one
statement that changes follows; no door can forget it.
"""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.migrations.operations import RunSQL

OF_FOLLOWS = """
CREATE FUNCTION entries_follow_follows() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    UPDATE channels_entry AS entry SET has_left = now.ended_by = 'contact'
    FROM now JOIN was ON was.id = now.id
    WHERE entry.follow_id = now.id AND was.ended_by <> now.ended_by
        AND entry.has_left <> (now.ended_by = 'contact');
    RETURN NULL;
END
$body$;
CREATE TRIGGER entries_follow_follows AFTER UPDATE ON contacts_follow
REFERENCING OLD TABLE AS was NEW TABLE AS now
FOR EACH STATEMENT EXECUTE FUNCTION entries_follow_follows();
"""
NO_MORE = """
DROP TRIGGER entries_follow_follows ON contacts_follow;
DROP FUNCTION entries_follow_follows();
"""
# Nobody ends a follow between the look at it and the entry.
OF_ENTRIES = """
CREATE FUNCTION entry_begins_as_its_follow() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    SELECT ended_by = 'contact' INTO NEW.has_left
    FROM contacts_follow WHERE id = NEW.follow_id FOR SHARE;
    NEW.has_left := coalesce(NEW.has_left, false);
    RETURN NEW;
END
$body$;
CREATE TRIGGER entry_begins_as_its_follow BEFORE INSERT ON channels_entry
FOR EACH ROW EXECUTE FUNCTION entry_begins_as_its_follow();
"""
NOT_THEM = """
DROP TRIGGER entry_begins_as_its_follow ON channels_entry;
DROP FUNCTION entry_begins_as_its_follow();
"""
THOSE_THERE_ARE = """
UPDATE channels_entry AS entry SET has_left = true
FROM contacts_follow AS follow
WHERE follow.id = entry.follow_id AND follow.ended_by = 'contact' AND NOT entry.has_left
"""


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("channels", "0006_who_left"),
        ("contacts", "0013_rights"),
    ]

    operations = [
        RunSQL(OF_FOLLOWS, NO_MORE),
        RunSQL(OF_ENTRIES, NOT_THEM),
        RunSQL(THOSE_THERE_ARE, RunSQL.noop),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("has_left", True)),
                fields=["channel"],
                name="entries_that_left",
            ),
        ),
        AddIndexConcurrently(
            model_name="entry",
            index=models.Index(
                condition=models.Q(("spoke_at__isnull", False)),
                fields=["channel"],
                name="entries_that_wrote",
            ),
        ),
    ]

"""How entries follow their follows is planned for any number of them (see
rules/touching.py)."""

from django.db import migrations
from django.db.migrations.operations import RunSQL

FOLLOWED = """
CREATE OR REPLACE FUNCTION entries_follow_follows() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off AS $body$
BEGIN
    UPDATE channels_entry AS entry SET has_left = other.ended_by = 'contact'
    FROM (SELECT id, ended_by FROM now EXCEPT SELECT id, ended_by FROM was) AS other
    WHERE entry.follow_id = other.id
        AND entry.has_left <> (other.ended_by = 'contact');
    RETURN NULL;
END
$body$;
"""


class Migration(migrations.Migration):
    dependencies = [("channels", "0007_entries_follow_follows")]

    operations = [RunSQL(FOLLOWED, RunSQL.noop)]

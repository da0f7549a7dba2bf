"""Fill in who serves the contacts that were there before, and find them by it.

Ten thousand at a time, each batch for itself: begun anew, it writes only what differs.
"""

import django.contrib.postgres.indexes
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations

BATCH = 10_000

FILL = """
UPDATE contacts_contact AS contact SET served_by = told.served_by
FROM (
    SELECT identity.contact_id, coalesce(
        array_agg(DISTINCT follow.employee_id) FILTER (WHERE follow.ended_at IS NULL),
        (array_agg(follow.employee_id
            ORDER BY follow.ended_at DESC, follow.id DESC))[1:1]
    ) AS served_by
    FROM contacts_follow AS follow
    JOIN contacts_identity AS identity ON identity.id = follow.identity_id
    WHERE identity.contact_id > %s AND identity.contact_id <= %s
    GROUP BY identity.contact_id
) AS told
WHERE contact.id = told.contact_id AND contact.served_by <> told.served_by
"""


def fill(apps, schema_editor):
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM contacts_contact")
        [last] = cursor.fetchone()
        for after in range(0, last, BATCH):
            cursor.execute(FILL, [after, after + BATCH])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0003_served_by")]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop),
        AddIndexConcurrently(
            model_name="contact",
            index=django.contrib.postgres.indexes.GinIndex(
                fields=["served_by"], name="contacts_served_by"
            ),
        ),
    ]

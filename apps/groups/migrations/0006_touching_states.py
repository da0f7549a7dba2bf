"""By which code somebody joined can be heard of later, and touches rules as well."""

from django.db import migrations

from apps.rules.touching import touches

COLUMNS = ["identity_id", "group_id", "joined_at", "left_at", "left_by"]


class Migration(migrations.Migration):
    dependencies = [("groups", "0005_stays_by_a_state")]

    operations = [
        *touches(
            "groups_stay",
            topic="stay",
            join="JOIN contacts_identity AS identity ON identity.id = row.identity_id",
            contact="identity.contact_id",
            key="row.group_id::text",
            columns=[*COLUMNS, "state"],
            events=["update"],
            instead_of=COLUMNS,
        ),
    ]

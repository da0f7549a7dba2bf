"""What changes of stays can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("groups", "0003_no_longer_listed"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "groups_stay",
            topic="stay",
            join="JOIN contacts_identity AS identity ON identity.id = row.identity_id",
            contact="identity.contact_id",
            key="row.group_id::text",
            columns=["identity_id", "group_id", "joined_at", "left_at", "left_by"],
        ),
        # an id that moves takes its stays along
        *touches(
            "contacts_identity",
            topic="stay",
            columns=["contact_id"],
            events=["update"],
        ),
    ]

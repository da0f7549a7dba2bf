"""What changes of entries can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("channels", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "channels_entry",
            topic="entry",
            key="row.channel_id::text",
            columns=["contact_id", "channel_id", "at"],
        ),
    ]

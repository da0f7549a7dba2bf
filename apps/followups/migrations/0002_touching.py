"""What changes of notes can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "followups_note",
            topic="note",
            columns=["contact_id", "written_at"],
        ),
    ]

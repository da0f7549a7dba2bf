"""What changes of notes of long ago spoil."""

from django.db import migrations

from apps.rules.touching import spoils


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0002_touching"),
        ("rules", "0004_sheets"),
    ]

    operations = [
        *spoils(
            "followups_note",
            topic="note",
            at="written_at",
            columns=["contact_id", "written_at"],
        ),
    ]

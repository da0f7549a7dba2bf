"""What changes of what was reported can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("behaviour", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "behaviour_behaviour",
            topic="behaviour",
            columns=["contact_id", "kind", "at"],
        ),
    ]

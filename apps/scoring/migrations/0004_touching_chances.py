"""What changes of chances can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0003_predictions"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "scoring_chance",
            topic="chance",
            columns=["contact_id", "chance"],
        ),
    ]

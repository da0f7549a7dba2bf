"""What changes of lifetimes can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "scoring_lifetime",
            topic="lifetime",
            columns=["contact_id", "alive", "expected", "value"],
        ),
    ]

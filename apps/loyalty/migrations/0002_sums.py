"""Sums of the ledger, and what changes of them can touch."""

from django.db import migrations

from apps.loyalty.sums import sums
from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("loyalty", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *sums(),
        *touches(
            "loyalty_membership",
            topic="loyalty",
            columns=["contact_id", "balance", "growth", "level_id"],
        ),
    ]

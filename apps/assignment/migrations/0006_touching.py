"""What is decided of contacts can touch what their follows say of owners."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("assignment", "0005_pools"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "assignment_assignment",
            topic="follow",
            key="'decided'",
            columns=["contact_id", "employee_id", "pool_id", "since", "until"],
        ),
    ]

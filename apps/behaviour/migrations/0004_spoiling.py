"""What changes of what was reported long ago spoil."""

from django.db import migrations

from apps.rules.touching import spoils


class Migration(migrations.Migration):
    dependencies = [
        ("behaviour", "0003_by_kind"),
        ("rules", "0004_sheets"),
    ]

    operations = [
        *spoils(
            "behaviour_behaviour",
            topic="behaviour",
            at="at",
            columns=["contact_id", "kind", "at"],
        ),
    ]

"""What changes of members can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0001_initial"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "segments_segmentcontact",
            topic="segment",
            key="row.segment_id::text",
            columns=["contact_id", "segment_id"],
        ),
    ]

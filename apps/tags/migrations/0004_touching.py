"""What changes of taggings can touch."""

from django.db import migrations

from apps.rules.touching import touches


class Migration(migrations.Migration):
    dependencies = [
        ("tags", "0003_another_system"),
        ("rules", "0001_initial"),
    ]

    operations = [
        *touches(
            "tags_tagging",
            topic="tag",
            key="row.tag_id::text",
            columns=["contact_id", "tag_id"],
        ),
    ]

"""A statement tags nobody twice with one tag: nothing is sorted to find that out."""

from django.db import migrations

from apps.rules.touching import touches

COLUMNS = ["contact_id", "tag_id"]


class Migration(migrations.Migration):
    dependencies = [("tags", "0008_by_somebody")]

    operations = [
        *touches(
            "tags_tagging",
            topic="tag",
            key="row.tag_id::text",
            columns=COLUMNS,
            events=["insert"],
            instead_of=COLUMNS,
            once=True,
        ),
    ]

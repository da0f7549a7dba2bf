"""Who was written about when, without reading the notes."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("followups", "0003_spoiling")]

    operations = [
        AddIndexConcurrently(
            "note",
            models.Index(
                fields=["-written_at", "-id"],
                include=["contact"],
                name="notes_by_moment",
            ),
        ),
        RemoveIndexConcurrently("note", "notes_newest_first"),
    ]

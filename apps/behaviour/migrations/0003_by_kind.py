"""Who did something of a kind, without reading the rows."""

from django.contrib.postgres.operations import (
    AddIndexConcurrently,
    RemoveIndexConcurrently,
)
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("behaviour", "0002_touching")]

    operations = [
        AddIndexConcurrently(
            "behaviour",
            models.Index(
                fields=["kind", "at"], include=["contact"], name="behaviour_by_kind"
            ),
        ),
        RemoveIndexConcurrently("behaviour", "behaviour_of_a_kind"),
    ]

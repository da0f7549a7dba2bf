"""Find who joined by a code."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("groups", "0004_touching")]

    operations = [
        AddIndexConcurrently(
            model_name="stay",
            index=models.Index(
                condition=models.Q(("state", ""), _negated=True),
                fields=["state", "-joined_at"],
                name="stays_by_a_state",
            ),
        ),
    ]

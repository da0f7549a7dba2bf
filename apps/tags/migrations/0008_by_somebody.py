"""Find what somebody has put on, as when their account goes."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tags", "0007_rights")]

    operations = [
        AddIndexConcurrently(
            model_name="tagging",
            index=models.Index(
                condition=models.Q(("by__isnull", False)),
                fields=["by"],
                name="taggings_by_somebody",
            ),
        ),
    ]

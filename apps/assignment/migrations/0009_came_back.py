"""Who came back into a pool lately, without reading all who ever did."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("assignment", "0008_views_a_day")]

    operations = [
        AddIndexConcurrently(
            model_name="assignment",
            index=models.Index(
                fields=["pool", "-since"],
                condition=models.Q(("how__in", ["return", "reclaim"])),
                name="assignments_that_came_back",
            ),
        ),
    ]

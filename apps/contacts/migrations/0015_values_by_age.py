"""Find the values that have grown old."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0014_follows_by_way")]

    operations = [
        AddIndexConcurrently(
            model_name="attributevalue",
            index=models.Index(fields=["attribute", "at"], name="values_by_age"),
        ),
    ]

"""Find the codes that need a person."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("channels", "0003_rights")]

    operations = [
        AddIndexConcurrently(
            model_name="channel",
            index=models.Index(
                condition=models.Q(("trouble", ""), _negated=True),
                fields=["trouble"],
                name="channels_in_trouble",
            ),
        ),
    ]

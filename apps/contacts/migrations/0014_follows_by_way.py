"""Find the few who came by a rare way."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0013_rights")]

    operations = [
        AddIndexConcurrently(
            model_name="follow",
            index=models.Index(fields=["add_way"], name="follows_by_way"),
        ),
    ]

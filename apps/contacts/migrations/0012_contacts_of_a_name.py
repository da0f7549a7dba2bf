"""Find who else has a name."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0011_the_city")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("name", ""), _negated=True),
                ),
                fields=["name"],
                name="contacts_of_a_name",
            ),
        ),
    ]

"""Find who was merged away, and who works for the same company."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0005_merges")]

    operations = [
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)),
                fields=["merged_into"],
                name="contacts_merged_away",
            ),
        ),
        AddIndexConcurrently(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("corp_name", ""), _negated=True),
                fields=["corp_name", "name"],
                name="contacts_of_a_company",
            ),
        ),
        AddIndexConcurrently(
            model_name="follow",
            index=models.Index(
                condition=models.Q(("remark_corp_name", ""), _negated=True),
                fields=["remark_corp_name"],
                name="follows_of_a_company",
            ),
        ),
    ]

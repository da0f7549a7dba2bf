"""How many of a pool one may look through in a day."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assignment", "0007_by_another_system")]

    operations = [
        migrations.AddField(
            model_name="pool",
            name="views_a_day",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="So many of the pool an employee may look through in a day.",
                null=True,
                verbose_name="shown a day",
            ),
        ),
    ]

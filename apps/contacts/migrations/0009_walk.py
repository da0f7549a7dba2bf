"""How far the nightly comparison of all contacts has come."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0008_known_from_elsewhere"),
    ]

    operations = [
        migrations.CreateModel(
            name="Walk",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True,
                        primary_key=True,
                        serialize=False,
                        verbose_name="ID",
                    ),
                ),
                ("after", models.BigIntegerField(default=0)),
                ("last", models.BigIntegerField(default=0)),
                ("began_at", models.DateTimeField()),
            ],
        ),
    ]

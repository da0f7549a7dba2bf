"""Tables of orders: what is in a table, from which system, and which file it was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("imports", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="import",
            name="digest",
            field=models.BinaryField(db_default=b"", default=b"", max_length=32),
        ),
        migrations.AddField(
            model_name="import",
            name="kind",
            field=models.CharField(
                choices=[("contacts", "contacts"), ("orders", "orders")],
                db_default="contacts",
                default="contacts",
                max_length=8,
                verbose_name="what is in it",
            ),
        ),
        migrations.AddField(
            model_name="import",
            name="system",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="Where the orders are from: their numbers are unique there.",
                max_length=32,
                verbose_name="system",
            ),
        ),
    ]

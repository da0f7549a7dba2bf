"""Whether an entry's contact has left stands with the entry."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0005_links")]

    operations = [
        migrations.AddField(
            model_name="entry",
            name="has_left",
            field=models.BooleanField(
                db_default=False,
                default=False,
                editable=False,
                verbose_name="has left",
            ),
        ),
    ]

"""Who serves a contact stands with the contact: it decides who may see them."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0002_initial")]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "ordering": ["-added_at", "-pk"],
                "permissions": [
                    ("unmask_contact", "Can see phones, e-mails and union ids whole")
                ],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.AddField(
            model_name="contact",
            name="served_by",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.BigIntegerField(),
                db_default=[],
                default=list,
                editable=False,
                size=None,
            ),
        ),
    ]

"""A key may tell consent."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('clients', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='key',
            name='scopes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('orders:read', 'read orders'), ('orders:write', 'tell orders'), ('events:write', 'tell behaviour'), ('consents:write', 'tell consent')], max_length=32), size=None, verbose_name='rights'),
        ),
    ]

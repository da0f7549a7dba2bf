
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0003_helpers_without_a_group'),
    ]

    operations = [
        migrations.AlterField(
            model_name='credit',
            name='referral',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='credits', to='referrals.referral'),
        ),
    ]

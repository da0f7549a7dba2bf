

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('referrals', '0002_rights'),
    ]

    operations = [
        migrations.AlterField(
            model_name='referral',
            name='refused',
            field=models.CharField(blank=True, choices=[('', 'it counts'), ('self', 'they helped themselves'), ('old_friend', 'they were a friend before'), ('helped_before', 'they have helped before'), ('mutual', 'they were helped by the same person'), ('closed', 'the campaign was not open'), ('suspect', 'voided as cheating'), ('no_group', 'they have not joined a group yet')], max_length=14, verbose_name='why it does not count'),
        ),
    ]

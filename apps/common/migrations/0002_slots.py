"""Slots of the timetable; who is here, and when nobody was."""

import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('common', '0001_extensions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Presence',
            fields=[
                ('role', models.CharField(max_length=64, primary_key=True, serialize=False, verbose_name='role')),
                ('seen_at', models.DateTimeField(verbose_name='last seen')),
            ],
            options={
                'verbose_name': 'presence',
                'verbose_name_plural': 'presences',
            },
        ),
        migrations.CreateModel(
            name='Absence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(max_length=64, verbose_name='role')),
                ('began_at', models.DateTimeField(verbose_name='began at')),
                ('ended_at', models.DateTimeField(verbose_name='ended at')),
                ('why', models.CharField(choices=[('silent', 'nobody was here'), ('refused', 'callbacks could not be kept'), ('restored', 'the database was restored')], max_length=8, verbose_name='why')),
                ('dealt_with_at', models.DateTimeField(blank=True, null=True, verbose_name='dealt with at')),
            ],
            options={
                'verbose_name': 'absence',
                'verbose_name_plural': 'absences',
                'indexes': [models.Index(condition=models.Q(('dealt_with_at__isnull', True)), fields=['role'], name='absences_not_dealt_with')],
                'constraints': [models.CheckConstraint(condition=models.Q(('ended_at__gte', models.F('began_at'))), name='an_absence_ends_after_it_begins')],
            },
        ),
        migrations.CreateModel(
            name='Slot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lane', models.CharField(choices=[('welcome', 'welcome'), ('callback', 'callbacks'), ('news', 'news'), ('outgoing', 'outgoing'), ('bulk', 'bulk')], max_length=16, verbose_name='lane')),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('calling', 'calling'), ('unknown', 'outcome unknown'), ('done', 'done'), ('ignored', 'ignored'), ('failed', 'failed')], default='waiting', max_length=8, verbose_name='status')),
                ('due_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='due at')),
                ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                ('bugs', models.PositiveSmallIntegerField(default=0, verbose_name='bugs')),
                ('last_error', models.TextField(blank=True, verbose_name='last error')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='created at')),
                ('done_at', models.DateTimeField(blank=True, null=True, verbose_name='done at')),
                ('task', models.CharField(max_length=64, verbose_name='task')),
                ('slot_at', models.DateTimeField(verbose_name='by the clock at')),
            ],
            options={
                'verbose_name': 'scheduled job',
                'verbose_name_plural': 'scheduled jobs',
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'waiting')), fields=['lane', 'due_at'], name='slot_is_due'), models.Index(condition=models.Q(('status', 'done'), _negated=True), fields=['status', '-id'], name='slot_is_not_done'), models.Index(fields=['done_at'], name='slot_is_old')],
                'constraints': [models.UniqueConstraint(fields=('task', 'slot_at'), name='a_slot_fires_once'), models.UniqueConstraint(condition=models.Q(('attempts', 0), ('status', 'ignored')), fields=('task',), name='slots_count_from_one_moment')],
            },
        ),
    ]

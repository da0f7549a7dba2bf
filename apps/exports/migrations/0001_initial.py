"""Exports, their parts and jobs, and presets of columns."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Export',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contacts', 'contacts'), ('orders', 'orders')], max_length=8, verbose_name='what is in it')),
                ('form', models.CharField(choices=[('xlsx', 'XLSX'), ('csv', 'CSV')], max_length=4, verbose_name='form')),
                ('columns', models.JSONField(default=list, verbose_name='columns')),
                ('query', models.TextField(blank=True, verbose_name='filtered for')),
                ('whole', models.BooleanField(default=False, verbose_name='unmasked')),
                ('reason', models.CharField(max_length=200, verbose_name='what for')),
                ('rows', models.PositiveIntegerField(default=0, verbose_name='rows')),
                ('name', models.CharField(max_length=64, verbose_name='file')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('needs_approval', models.BooleanField(default=False, verbose_name='needs approval')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided at')),
                ('refused', models.BooleanField(default=False, verbose_name='refused')),
                ('ends_at', models.DateTimeField(blank=True, null=True, verbose_name='kept until')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exports', to=settings.AUTH_USER_MODEL, verbose_name='taken out by')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
            ],
            options={
                'verbose_name': 'export',
                'verbose_name_plural': 'exports',
                'ordering': ['-pk'],
                'permissions': [('whole_export', 'Can export phones, e-mails and union ids whole'), ('approve_export', 'Can approve exports of whole values')],
            },
        ),
        migrations.CreateModel(
            name='ExportPart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(verbose_name='number')),
                ('about', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('rows_sealed', models.BinaryField(default=b'')),
                ('of', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='exports.export')),
            ],
            options={
                'verbose_name': 'part of an export',
                'verbose_name_plural': 'parts of exports',
            },
        ),
        migrations.CreateModel(
            name='Preset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contacts', 'contacts'), ('orders', 'orders')], max_length=8, verbose_name='what is in it')),
                ('name', models.CharField(max_length=40, verbose_name='name')),
                ('columns', models.JSONField(default=list, verbose_name='columns')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='presets', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'preset of columns',
                'verbose_name_plural': 'presets of columns',
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Writing',
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
                ('total', models.PositiveIntegerField(default=0, verbose_name='total')),
                ('done', models.PositiveIntegerField(default=0, verbose_name='done so far')),
                ('doing', models.CharField(blank=True, max_length=64, verbose_name='doing now')),
                ('cancel_asked', models.BooleanField(default=False, verbose_name='cancel asked')),
                ('of', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='writing', to='exports.export')),
            ],
            options={
                'verbose_name': 'export job',
                'verbose_name_plural': 'export jobs',
                'abstract': False,
            },
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['by', '-id'], name='exports_of_somebody'),
        ),
        migrations.AddIndex(
            model_name='export',
            index=models.Index(fields=['ends_at'], name='exports_by_their_end'),
        ),
        migrations.AddConstraint(
            model_name='exportpart',
            constraint=models.UniqueConstraint(fields=('of', 'number'), name='one_part_of_an_export_per_number'),
        ),
        migrations.AddConstraint(
            model_name='preset',
            constraint=models.UniqueConstraint(fields=('by', 'kind', 'name'), name='one_preset_per_name'),
        ),
        migrations.AddIndex(
            model_name='writing',
            index=models.Index(condition=models.Q(('status', 'waiting')), fields=['lane', 'due_at'], name='writing_is_due'),
        ),
        migrations.AddIndex(
            model_name='writing',
            index=models.Index(condition=models.Q(('status', 'done'), _negated=True), fields=['status', '-id'], name='writing_is_not_done'),
        ),
        migrations.AddIndex(
            model_name='writing',
            index=models.Index(fields=['done_at'], name='writing_is_old'),
        ),
    ]

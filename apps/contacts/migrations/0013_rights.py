"""Consent and its history, erasure and whom it must not bring back."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


# A merge lets a row point at another contact; what was said stays as it was said.
GUARD = """
CREATE FUNCTION consent_is_only_added_to() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'records of consent are only added';
END
$$;
CREATE TRIGGER consent_is_only_added_to
BEFORE UPDATE OF said_for, purpose, given, text_id, channel, at, source, by_id,
    recorded_at
ON contacts_consentrecord
FOR EACH ROW EXECUTE FUNCTION consent_is_only_added_to();
"""
UNDONE = """
DROP TRIGGER consent_is_only_added_to ON contacts_consentrecord;
DROP FUNCTION consent_is_only_added_to();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('contacts', '0012_contacts_of_a_name'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="contact",
            options={
                "ordering": ["-added_at", "-pk"],
                "permissions": [
                    (
                        "unmask_contact",
                        "Can see phones, e-mails and union ids whole",
                    ),
                    (
                        "copy_contact",
                        "Can take out a copy of everything held of a person",
                    ),
                ],
                "verbose_name": "contact",
                "verbose_name_plural": "contacts",
            },
        ),
        migrations.CreateModel(
            name='Erased',
            fields=[
                ('digest', models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ('at', models.DateTimeField(verbose_name='erased at')),
            ],
            options={
                'verbose_name': 'erased id',
                'verbose_name_plural': 'erased ids',
            },
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('purpose', models.CharField(choices=[('marketing', 'marketing messages'), ('profiling', 'personal recommendations'), ('sharing', 'handing over to partners'), ('sensitive', 'keeping sensitive details')], max_length=10, verbose_name='purpose')),
                ('version', models.CharField(help_text='Such as 2026-03 or v2.', max_length=20, verbose_name='version')),
                ('text', models.TextField(help_text='What the person agrees to.', verbose_name='text')),
                ('made_at', models.DateTimeField(auto_now_add=True, verbose_name='created at')),
                ('archived_at', models.DateTimeField(blank=True, null=True, verbose_name='archived at')),
            ],
            options={
                'verbose_name': 'consent text',
                'verbose_name_plural': 'consent texts',
                'ordering': ['purpose', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('purpose', 'version'), name='one_text_per_purpose_and_version')],
            },
        ),
        migrations.CreateModel(
            name='ConsentRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('said_for', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='Numbers of the contact, and of those merged into them by then.', size=None)),
                ('purpose', models.CharField(choices=[('marketing', 'marketing messages'), ('profiling', 'personal recommendations'), ('sharing', 'handing over to partners'), ('sensitive', 'keeping sensitive details')], max_length=10, verbose_name='purpose')),
                ('given', models.BooleanField(verbose_name='given')),
                ('channel', models.CharField(choices=[('chat', 'in the chat'), ('phone', 'by phone'), ('paper', 'on paper'), ('shop', 'in a shop'), ('online', 'on a page or in a mini-program')], max_length=8, verbose_name='channel')),
                ('at', models.DateTimeField(verbose_name='when')),
                ('source', models.CharField(choices=[('callback', 'WeCom callback'), ('first_pull', 'first pull'), ('reconcile', 'comparison with WeCom'), ('person', 'a person here'), ('system', 'the system'), ('client', 'another system')], max_length=12, verbose_name='source')),
                ('recorded_at', models.DateTimeField(verbose_name='recorded at')),
                ('by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='written down by')),
                ('contact', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='consent_records', to='contacts.contact')),
                ('text', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='contacts.consenttext', verbose_name='text')),
            ],
            options={
                'verbose_name': 'record of consent',
                'verbose_name_plural': 'records of consent',
                'indexes': [
                    models.Index(fields=['contact', 'purpose', 'at'], name='consent_of_a_contact'),
                    models.Index(condition=models.Q(('given', False)), fields=['purpose', 'contact'], name='consent_refused'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
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
                ('contact_number', models.BigIntegerField(db_index=True, verbose_name='number')),
                ('ground', models.CharField(choices=[('asked', 'the person asked for it'), ('withdrawn', 'consent was withdrawn'), ('purpose', 'what it was kept for is over'), ('unlawful', 'it should never have been kept')], max_length=9, verbose_name='reason')),
                ('reference', models.CharField(blank=True, help_text='Such as the number of a ticket. No name, no phone.', max_length=64, verbose_name='reference')),
                ('asked_at', models.DateTimeField(verbose_name='asked at')),
                ('numbers', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Of everybody who had been merged into them as well.', size=None)),
                ('counts', models.JSONField(default=dict, verbose_name='what was reached')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='asked for by')),
            ],
            options={
                'verbose_name': 'erasure',
                'verbose_name_plural': 'erasures',
                'ordering': ['-pk'],
                'abstract': False,
                'indexes': [models.Index(condition=models.Q(('status', 'waiting')), fields=['lane', 'due_at'], name='erasure_is_due'), models.Index(condition=models.Q(('status', 'done'), _negated=True), fields=['status', '-id'], name='erasure_is_not_done'), models.Index(fields=['done_at'], name='erasure_is_old')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('status', 'done'), _negated=True), fields=('contact_number',), name='erased_once_at_a_time')],
            },
        ),
        migrations.RunSQL(GUARD, UNDONE),
    ]

"""Who was merged into whom, what was moved, who may be whom."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0004_who_serves_them"),
        ("staff", "0004_rights_again"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Merge",
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
                ("fields", models.JSONField(default=dict)),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("union", "the same WeChat union id"),
                                ("proven", "the same verified phone"),
                                ("external", "WeCom says it is the same customer"),
                                ("open", "the same WeChat open id"),
                                ("other", "the same id in another system"),
                                ("phone", "the same phone"),
                                ("email", "the same e-mail"),
                                ("near", "almost the same e-mail"),
                                ("company", "the same name and company"),
                                ("name", "the same name"),
                            ],
                            max_length=8,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="merged at")),
                (
                    "undone_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="taken back at"
                    ),
                ),
                (
                    "later",
                    models.JSONField(
                        default=dict,
                        help_text="What came after the merge and stayed when it was taken back.",
                    ),
                ),
            ],
            options={
                "verbose_name": "merge",
                "verbose_name_plural": "merges",
                "ordering": ["-pk"],
            },
        ),
        migrations.CreateModel(
            name="Moved",
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
                ("model", models.CharField(max_length=80)),
                ("field", models.CharField(max_length=64)),
                (
                    "moved",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                (
                    "risen",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                (
                    "folded",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                (
                    "stayed",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("last_key", models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name="Proposal",
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
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "to be decided"),
                            ("merged", "merged"),
                            ("never", "never these two"),
                            ("overtaken", "overtaken by another merge"),
                            ("gone", "not alike any more"),
                        ],
                        default="open",
                        max_length=9,
                        verbose_name="status",
                    ),
                ),
                ("certain", models.BooleanField(default=False)),
                (
                    "confidence",
                    models.PositiveSmallIntegerField(verbose_name="confidence"),
                ),
                (
                    "reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("union", "the same WeChat union id"),
                                ("proven", "the same verified phone"),
                                ("external", "WeCom says it is the same customer"),
                                ("open", "the same WeChat open id"),
                                ("other", "the same id in another system"),
                                ("phone", "the same phone"),
                                ("email", "the same e-mail"),
                                ("near", "almost the same e-mail"),
                                ("company", "the same name and company"),
                                ("name", "the same name"),
                            ],
                            max_length=8,
                        ),
                        default=list,
                        size=None,
                    ),
                ),
                ("found_at", models.DateTimeField(verbose_name="found at")),
                (
                    "later_until",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="not before"
                    ),
                ),
                (
                    "decided_at",
                    models.DateTimeField(
                        blank=True, null=True, verbose_name="decided at"
                    ),
                ),
            ],
            options={
                "verbose_name": "possible duplicate",
                "verbose_name_plural": "possible duplicates",
                "ordering": ["-confidence", "-pk"],
            },
        ),
        migrations.CreateModel(
            name="Uncompared",
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
            ],
        ),
        migrations.AddField(
            model_name="contact",
            name="merged_into",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                editable=False,
                help_text="Who this person turned out to be; never somebody merged away.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="merged_contacts",
                to="contacts.contact",
                verbose_name="merged into",
            ),
        ),
        migrations.AddField(
            model_name="contact",
            name="pinned",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=32),
                db_default=[],
                default=list,
                editable=False,
                help_text="Fields that were chosen in a merge: WeCom changes them no more.",
                size=None,
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="by",
            field=models.ForeignKey(
                help_text="Empty when the rules did it by themselves.",
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="merged by",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="loser",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="merged_by",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="undone_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="taken back by",
            ),
        ),
        migrations.AddField(
            model_name="merge",
            name="winner",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="merges",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="moved",
            name="merge",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="moved",
                to="contacts.merge",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="decided_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="decided by",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="high",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proposals_high",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="low",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="proposals_low",
                to="contacts.contact",
            ),
        ),
        migrations.AddField(
            model_name="proposal",
            name="merge",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="proposals",
                to="contacts.merge",
            ),
        ),
        migrations.AddField(
            model_name="uncompared",
            name="contact",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="contacts.contact",
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.UniqueConstraint(
                condition=models.Q(("undone_at__isnull", True)),
                fields=("loser",),
                name="one_standing_merge_per_loser",
            ),
        ),
        migrations.AddConstraint(
            model_name="merge",
            constraint=models.CheckConstraint(
                condition=models.Q(("winner", models.F("loser")), _negated=True),
                name="nobody_is_merged_into_themselves",
            ),
        ),
        migrations.AddConstraint(
            model_name="moved",
            constraint=models.UniqueConstraint(
                fields=("merge", "model", "field"), name="one_line_per_merge_and_link"
            ),
        ),
        migrations.AddIndex(
            model_name="proposal",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["-confidence", "-id"],
                name="proposals_to_decide",
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.UniqueConstraint(
                fields=("low", "high"), name="one_proposal_per_pair"
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(("low__lt", models.F("high"))),
                name="the_lower_contact_stands_first",
            ),
        ),
        migrations.AddConstraint(
            model_name="uncompared",
            constraint=models.UniqueConstraint(
                fields=("contact",), name="compared_once_at_a_time"
            ),
        ),
    ]

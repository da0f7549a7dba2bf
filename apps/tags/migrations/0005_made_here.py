"""Who made a tag, who put one on, and what somebody wants changed of WeCom's tags."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

MADE_HERE = {
    "db_default": False,
    "default": False,
    "help_text": "WeCom lets an app change only what it has made itself.",
    "verbose_name": "made by this app",
}
A_PERSON = {
    "db_index": False,
    "null": True,
    "on_delete": django.db.models.deletion.SET_NULL,
    "related_name": "+",
    "to": settings.AUTH_USER_MODEL,
}
GONE_WITH_IT = {
    "null": True,
    "on_delete": django.db.models.deletion.CASCADE,
    "related_name": "changes",
}


class Migration(migrations.Migration):
    dependencies = [
        ("tags", "0004_touching"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField("tag", "made_here", models.BooleanField(**MADE_HERE)),
        migrations.AddField("taggroup", "made_here", models.BooleanField(**MADE_HERE)),
        migrations.AddField(
            "tagging",
            "by",
            models.ForeignKey(
                blank=True,
                help_text=(
                    "Who did it here. Empty: it was done in WeCom, or by a rule."
                ),
                verbose_name="put on by",
                **A_PERSON,
            ),
        ),
        migrations.CreateModel(
            name="TagChange",
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
                    "deed",
                    models.CharField(
                        choices=[
                            ("make", "make tags"),
                            ("edit", "change a tag"),
                            ("delete", "delete a tag"),
                            ("find_out", "ask whether it is ours"),
                        ],
                        max_length=8,
                        verbose_name="what",
                    ),
                ),
                ("wanted", models.JSONField(default=dict, verbose_name="wanted")),
                ("was", models.JSONField(default=dict, verbose_name="what it was")),
                ("at", models.DateTimeField(verbose_name="asked at")),
                (
                    "command",
                    models.BigIntegerField(
                        null=True, verbose_name="number of the command"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "WeCom is being told"),
                            ("done", "done"),
                            ("refused", "WeCom refused"),
                            ("overtaken", "changed in WeCom meanwhile"),
                        ],
                        default="waiting",
                        max_length=9,
                        verbose_name="state",
                    ),
                ),
                ("errcode", models.IntegerField(null=True, verbose_name="error code")),
                (
                    "settled_at",
                    models.DateTimeField(null=True, verbose_name="settled at"),
                ),
                ("seen_at", models.DateTimeField(null=True, verbose_name="seen at")),
                ("by", models.ForeignKey(**A_PERSON)),
                (
                    "group",
                    models.ForeignKey(
                        help_text="Empty: of a group that does not exist yet.",
                        to="tags.taggroup",
                        **GONE_WITH_IT,
                    ),
                ),
                ("tag", models.ForeignKey(to="tags.tag", **GONE_WITH_IT)),
            ],
            options={
                "verbose_name": "change of a tag",
                "verbose_name_plural": "changes of tags",
                "ordering": ["pk"],
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            ("seen_at__isnull", True),
                            models.Q(("state", "done"), _negated=True),
                        ),
                        fields=["state"],
                        name="tag_changes_to_look_at",
                    )
                ],
            },
        ),
    ]

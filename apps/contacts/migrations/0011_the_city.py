"""A field may say the city, and the same city speaks for two being one."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0010_chosen_by_a_person")]

    operations = [
        migrations.AddField(
            model_name="attribute",
            name="tells_city",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Contacts of the same name in the same city are then proposed as possible duplicates. For a text, or one of several.",
                verbose_name="says the city",
            ),
        ),
        migrations.AlterField(
            model_name="merge",
            name="reasons",
            field=django.contrib.postgres.fields.ArrayField(
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
                        ("city", "the same name and city"),
                        ("name", "the same name"),
                        ("chosen", "chosen by a person"),
                    ],
                    max_length=8,
                ),
                default=list,
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="proposal",
            name="reasons",
            field=django.contrib.postgres.fields.ArrayField(
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
                        ("city", "the same name and city"),
                        ("name", "the same name"),
                        ("chosen", "chosen by a person"),
                    ],
                    max_length=8,
                ),
                default=list,
                size=None,
            ),
        ),
    ]

"""The six stages that a company begins with, in its language."""

from django.db import migrations


def make_them(apps, schema_editor):
    from apps.followups.stages import set_out

    set_out(apps.get_model("followups", "Stage"))


class Migration(migrations.Migration):
    dependencies = [("followups", "0007_rights")]

    operations = [migrations.RunPython(make_them, migrations.RunPython.noop)]

"""The groups of the three roles: administrators say what each role may see."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0005_reach")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""Administrators look after other systems and their keys."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0006_rights_of_reach")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

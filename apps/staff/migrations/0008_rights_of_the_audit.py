"""The groups of the three roles: administrators read the audit."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0007_rights_of_clients")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

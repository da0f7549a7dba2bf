"""The groups of the three roles: who may be one person is seen, and decided."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0011_rights_of_imports")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

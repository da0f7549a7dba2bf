"""The groups of the three roles: managers bring tables in."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0010_rights_of_orders")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""The groups of the three roles: notes are read and written."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0012_rights_of_merging")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

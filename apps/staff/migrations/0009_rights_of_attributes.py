"""The groups of the three roles: fields of contacts are filled in, and defined."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0008_rights_of_the_audit")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""The groups of the three roles: managers hand over the contacts of colleagues."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("assignment", "0003_handover"), ("assignment", "0002_rights")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

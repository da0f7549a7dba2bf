"""The groups of the three roles, with what they may do since."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0003_heard_and_read")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

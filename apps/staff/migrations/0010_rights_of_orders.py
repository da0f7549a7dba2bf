"""Everybody sees orders; managers label products."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0009_rights_of_attributes")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

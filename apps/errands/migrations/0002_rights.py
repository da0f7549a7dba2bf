"""The groups of the three roles: everybody sees their errands, managers hand them out."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("errands", "0001_initial"),
        ("loyalty", "0003_rights"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""The groups of the roles: managers see the prediction, administrators train it."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0004_touching_chances"),
        ("staff", "0014_rights_of_people"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

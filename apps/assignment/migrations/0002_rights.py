"""The groups of the three roles: managers give contacts, employees claim them."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("assignment", "0001_initial"),
        ("autotags", "0002_rights"),
        ("channels", "0003_rights"),
        ("segments", "0003_rights"),
        ("tags", "0007_rights"),
        ("staff", "0014_rights_of_people"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""The groups of the roles: everybody sees scores, administrators change their rules."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("scoring", "0009_ledger_stays"),
        ("staff", "0014_rights_of_people"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

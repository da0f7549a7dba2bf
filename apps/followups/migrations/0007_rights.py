"""The groups of the three roles: leads and tasks are worked with, stages are set."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("followups", "0006_leads_of_contacts"),
        ("staff", "0014_rights_of_people"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

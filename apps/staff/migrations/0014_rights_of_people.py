"""The groups of the three roles: what a person agreed to, a copy of theirs, erasing."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [("staff", "0013_rights_of_follow_ups")]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""The groups of the three roles: everybody sees posters, leads design them."""

from django.db import migrations


def grant(apps, schema_editor):
    from apps.staff.roles import grant_roles

    grant_roles(apps)


class Migration(migrations.Migration):
    dependencies = [
        ("posters", "0001_posters"),
        ("staff", "0014_rights_of_people"),
    ]

    operations = [migrations.RunPython(grant, migrations.RunPython.noop)]

"""What triggers ask is said as touching.py says it today: planned for any number."""

from django.db import migrations
from django.db.migrations.loader import MigrationLoader

from apps.rules.touching import Touching


def say_again(_apps, schema_editor):
    """Of all that are there by now; those to come say it so from the beginning."""
    loader = MigrationLoader(schema_editor.connection)
    for name in sorted(loader.applied_migrations):
        for operation in getattr(loader.disk_migrations.get(name), "operations", []):
            if isinstance(operation, Touching):
                schema_editor.execute(operation.function)


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("rules", "0004_sheets")]

    operations = [migrations.RunPython(say_again, migrations.RunPython.noop)]

"""Our own groups, and the tags in one of them, have names of their own."""

from django.db import migrations, models
from django.db.models import Q

OWN_GROUPS = """
CREATE UNIQUE INDEX CONCURRENTLY one_own_group_of_a_name
ON tags_taggroup (name) WHERE kind = 'own' AND deleted_at IS NULL
"""
OWN_TAGS = """
CREATE UNIQUE INDEX CONCURRENTLY one_own_tag_of_a_name
ON tags_tag (group_id, name) WHERE wecom_id = '' AND deleted_at IS NULL
"""


def index(sql: str, name: str) -> list[migrations.RunSQL]:
    """One that was broken off is there, and holds nobody to anything: it goes first."""
    drop = f"DROP INDEX CONCURRENTLY IF EXISTS {name}"
    return [
        migrations.RunSQL(drop, migrations.RunSQL.noop),
        migrations.RunSQL(sql, drop),
    ]


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("tags", "0005_made_here")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                *index(OWN_GROUPS, "one_own_group_of_a_name"),
                *index(OWN_TAGS, "one_own_tag_of_a_name"),
            ],
            state_operations=[
                migrations.AddConstraint(
                    "taggroup",
                    models.UniqueConstraint(
                        condition=Q(("deleted_at__isnull", True), ("kind", "own")),
                        fields=("name",),
                        name="one_own_group_of_a_name",
                    ),
                ),
                migrations.AddConstraint(
                    "tag",
                    models.UniqueConstraint(
                        condition=Q(("deleted_at__isnull", True), ("wecom_id", "")),
                        fields=("group", "name"),
                        name="one_own_tag_of_a_name",
                    ),
                ),
            ],
        ),
    ]

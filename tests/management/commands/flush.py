"""Empty the tables that have rows: a test that commits is cleaned up in milliseconds.

Django's own truncates every table and makes all permissions anew, which takes longer
than most tests. Sequences go on, as they do there; permissions and content types stay.
"""

from django.core.management.commands import flush
from django.db import connections

KEPT = {"auth_permission", "django_content_type"}


class Command(flush.Command):
    def handle(self, *, database, **options) -> None:
        connection = connections[database]
        quote = connection.ops.quote_name
        tables = connection.introspection.django_table_names(
            only_existing=True, include_views=False
        )
        asked = " UNION ALL ".join(
            f"SELECT '{table}' WHERE EXISTS (SELECT FROM {quote(table)})"
            for table in sorted({*tables} - KEPT)
        )
        with connection.cursor() as cursor:
            cursor.execute(asked)
            full = [table for (table,) in cursor.fetchall()]
            if full:
                # no trigger runs: neither foreign keys nor the audit's own lock
                deletes = "; ".join(f"DELETE FROM {quote(table)}" for table in full)
                cursor.execute(
                    f"BEGIN; SET LOCAL session_replication_role = replica;"
                    f" {deletes}; COMMIT"
                )

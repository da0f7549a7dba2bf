"""What time it is, as the database says: machines whose clocks differ agree on it."""

from datetime import datetime

from django.db import connection


def database_time() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        [now] = cursor.fetchone()
    at: datetime = now
    return at

"""A database that is away: for this process, or for everybody."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection


@contextmanager
def unreachable() -> Iterator[None]:
    """This process finds no way to the database."""
    parts = connection.settings_dict
    connection.close()
    host, parts["HOST"] = parts["HOST"], "/nowhere"
    try:
        yield
    finally:
        connection.close()
        parts["HOST"] = host


def shut_out_everybody(*, seconds: float) -> None:
    """Throw everybody out of the database, and let nobody in for a while."""
    parts = connection.settings_dict
    name = connection.ops.quote_name(parts["NAME"])
    connection.close()
    server = {"host": parts["HOST"], "user": parts["USER"], "dbname": "postgres"}
    if parts["PORT"]:
        server["port"] = parts["PORT"]
    with psycopg.connect(**server, autocommit=True) as outside:
        outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        outside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            [parts["NAME"]],
        )
        time.sleep(seconds)
        outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

"""How we are, for machines: alive, and ready.

Alive is the process alone: a database that is away is no reason to restart it. Ready
is database, tables and keys. A broker that is away is a weakness and no more, since
callbacks are kept without it and the sweep rings later.
"""

from functools import cache

import psycopg
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError

from apps.common.sealing import CannotUnseal, seal, unseal
from scrm.celery import app

SAMPLE = "sealed and opened again"
PATIENCE = 2  # seconds, also those that a database may take to answer


@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """503 with the names of what is down; 200, perhaps with what is degraded."""
    down = what_is_down()
    degraded = [] if broker_answers() else ["broker"]
    status = "down" if down else "degraded" if degraded else "ready"
    return JsonResponse(
        {"status": status, "down": down, "degraded": degraded},
        status=503 if down else 200,
    )


def what_is_down() -> list[str]:
    down = [] if keys_work() else ["keys"]
    if not database_answers():
        return ["database", *down]
    try:
        applied = set(MigrationRecorder(connection).applied_migrations())
    except DatabaseError:
        return ["database", *down]
    return down if written_migrations() <= applied else ["migrations", *down]


def database_answers() -> bool:
    """Over a connection of its own: one that is kept waits as long as the database
    hangs, and whoever asks wants to know before that."""
    parameters = connection.get_connection_params() | {"connect_timeout": PATIENCE}
    try:
        psycopg.connect(**parameters).close()
    except psycopg.OperationalError:
        return False
    return True


@cache
def written_migrations() -> frozenset[tuple[str, str]]:
    return frozenset(MigrationLoader(None).disk_migrations)


def keys_work() -> bool:
    try:
        return unseal(seal(SAMPLE)) == SAMPLE
    except (CannotUnseal, StopIteration):
        return False


def broker_answers() -> bool:
    try:
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=1)
    except (OperationalError, OSError):
        return False
    return True

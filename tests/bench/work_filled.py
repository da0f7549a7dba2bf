"""Leads, tasks, codes and whoever waits in a pool, beside a company that is there:
a process of its own.

    python -m tests.bench.work_filled CONTACTS
"""

import os
import sys

import django

from tests.bench.company_rows import DICE
from tests.bench.work_rows import CODES, ROWS, STANDING


def fill(contacts: int) -> None:
    from django.db import connection

    from apps.assignment.assign import general_pool
    from apps.followups.stages import first_stage

    first_stage()  # all of them are made with it
    general_pool()
    places = {"contacts": contacts, "codes": CODES, "standing": STANDING}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no foreign keys
        cursor.execute("SET synchronous_commit = off; SET work_mem = '256MB'")
        cursor.execute(DICE)
        for name, statement in ROWS.items():
            print(name, file=sys.stderr, flush=True)
            cursor.execute(statement.format(**places))
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scrm.settings")
    django.setup()
    fill(int(sys.argv[1]))

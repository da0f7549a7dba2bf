"""What is refused before it has tables."""

import os
import subprocess
import sys

import psycopg
import pytest
from django.db import connection

from apps.common.checks import speaks_chinese
from tests.processes import ROOT, environment

OTHER = f"scrm_other_{os.getpid()}"


@pytest.fixture
def database(transactional_db):
    """Makes a database beside the test's own, and runs a command on it."""
    here = connection.settings_dict
    parts = {"host": here["HOST"], "user": here["USER"], "port": here["PORT"]}

    def run(statement: str) -> None:
        with psycopg.connect(
            **parts, password=here["PASSWORD"], dbname="postgres", autocommit=True
        ) as server:
            server.execute(statement)

    def make(how: str, *command: str) -> subprocess.CompletedProcess:
        run(f"CREATE DATABASE {OTHER} TEMPLATE template0 {how}")
        known = environment()
        url = known["DATABASE_URL"].replace(f"/{here['NAME']}?", f"/{OTHER}?")
        return subprocess.run(
            [sys.executable, "manage.py", *command],
            cwd=ROOT,
            env=known | {"DATABASE_URL": url},
            capture_output=True,
            text=True,
        )

    yield make
    run(f"DROP DATABASE {OTHER}")


class TestSpeaksChinese:
    @pytest.mark.parametrize(
        ("how", "fits"),
        [
            ("ENCODING 'UTF8' LOCALE 'C.UTF-8'", True),
            ("ENCODING 'UTF8' LOCALE 'C'", False),
            ("ENCODING 'SQL_ASCII' LOCALE 'C'", False),
            # sorted as bytes, but it knows what a letter is
            ("ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'", True),
        ],
    )
    def test_refuses_a_locale_that_knows_no_letters(self, database, how, fits):
        checked = database(how, "check", "--database", "default")

        assert (checked.returncode == 0) is fits, checked.stderr
        assert ("scrm.E1" in checked.stderr) is not fits

    def test_is_asked_before_any_table_is_made(self, database):
        refused = database("ENCODING 'UTF8' LOCALE 'C'", "migrate", "--no-input")

        assert refused.returncode == 1
        assert "Chinese cannot be searched in it" in refused.stderr
        assert "Applying" not in refused.stdout

    def test_says_nothing_where_no_database_is_asked_for(self):
        assert speaks_chinese(databases=None) == []

"""The database and the broker that come with the product."""

import os
import shutil
import signal
import subprocess
import sys

import psycopg
import pytest

from scrm.embedded.part import CannotStart, is_alive, wait_for
from scrm.embedded.postgres import Postgres
from scrm.embedded.valkey import Valkey
from tests.check import ROOT


@pytest.fixture
def home(place):
    return place / "part"


@pytest.fixture(params=[Postgres, Valkey])
def part(request, home):
    part = request.param(home)
    yield part
    part.stop()


def owner_of(part):
    """Another process that starts the part and says the part's number."""
    lines = f"""
import time
from pathlib import Path
from {type(part).__module__} import {type(part).__name__} as Part
part = Part(Path({str(part.home)!r}))
part.start()
print(part.process.pid, flush=True)
time.sleep(60)
"""
    owner = subprocess.Popen(
        [sys.executable, "-c", lines], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    return owner, int(owner.stdout.readline())


class TestPart:
    def test_starts_from_nothing_and_again(self, part):
        first = part.start()
        part.stop()

        assert part.start() == first

    def test_starts_again_after_it_was_killed(self, part):
        part.start()
        os.kill(part.process.pid, signal.SIGKILL)
        part.process.wait()

        part.start()

        assert part.runs

    def test_ends_with_an_owner_that_was_killed_and_starts_for_the_next(self, part):
        owner, number = owner_of(part)
        owner.kill()
        owner.communicate()

        assert wait_for(lambda: not is_alive(number), seconds=20)
        part.start()

    def test_belongs_to_one_process_at_a_time(self, part):
        owner, number = owner_of(part)
        try:
            with pytest.raises(CannotStart, match="in use"):
                part.start()
        finally:
            owner.terminate()
            owner.communicate()
            wait_for(lambda: not is_alive(number), seconds=20)

    def test_is_nobody_elses_to_read(self, part):
        part.start()

        assert part.home.stat().st_mode & 0o777 == 0o700
        assert part.sockets.stat().st_mode & 0o777 == 0o700

    @pytest.mark.parametrize("kind", [Postgres, Valkey])
    def test_finds_a_shorter_place_for_its_socket_in_a_deep_folder(self, place, kind):
        part = kind(place / ("deep" * 20) / "part")

        part.start()
        part.stop()

        assert not part.sockets.is_relative_to(part.home)
        shutil.rmtree(part.sockets)

    def test_opens_no_folder_that_was_closed(self, place):
        place.chmod(0o700)
        postgres = Postgres(place / "part")

        postgres.start()
        postgres.stop()

        assert place.stat().st_mode & 0o777 == 0o700
        shutil.rmtree(postgres.home)


class TestPostgres:
    def test_keeps_what_was_written_when_it_is_killed(self, home):
        postgres = Postgres(home)
        with psycopg.connect(postgres.start()) as connection:
            connection.execute("CREATE TABLE kept (word text)")
        os.kill(postgres.process.pid, signal.SIGKILL)

        with psycopg.connect(postgres.start()) as connection:
            assert connection.execute("SELECT * FROM kept").fetchall() == []
        postgres.stop()

    def test_sees_chinese_characters_as_letters(self, home):
        """Under the locale C a trigram index would hold nothing of them."""
        postgres = Postgres(home)
        with psycopg.connect(postgres.start()) as connection:
            connection.execute("CREATE EXTENSION pg_trgm")
            found = connection.execute("SELECT cardinality(show_trgm('张三丰'))")
            assert found.fetchone() == (4,)
        postgres.stop()

    def test_begins_anew_where_the_first_start_was_killed_half_way(self, home):
        (home / "data").mkdir(parents=True)
        (home / "data" / "half").touch()
        postgres = Postgres(home)

        postgres.start()

        postgres.stop()

    def test_refuses_a_folder_of_another_major_version(self, home):
        postgres = Postgres(home)
        postgres.start()
        postgres.stop()
        (postgres.data / "PG_VERSION").write_text("17\n")

        with pytest.raises(CannotStart, match="made by PostgreSQL 17"):
            postgres.start()
        postgres.stop()

    def test_shows_the_log_when_it_does_not_start(self, home):
        postgres = Postgres(home, settings={"shared_buffers": "lots"})

        with pytest.raises(CannotStart, match="shared_buffers"):
            postgres.start()

"""The scripts that back up and restore: what they refuse, keep, and report."""

import os
import stat
import subprocess
from datetime import UTC, datetime

import pytest

from scrm.embedded.postgres import Postgres
from tests.check import ROOT

SCRIPTS = ROOT / "deploy" / "backup"


def script(name, *arguments, **environment):
    return subprocess.run(
        [SCRIPTS / name, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=os.environ | environment,
    )


@pytest.fixture
def backup(tmp_path):
    for folder in ("base", "wal", "drill"):
        (tmp_path / "backup" / folder).mkdir(parents=True)
    return tmp_path / "backup"


class TestArchive:
    @pytest.fixture
    def segment(self, tmp_path):
        file = tmp_path / "a segment"
        file.write_bytes(b"wal" * 1000)
        return file

    def archive(self, segment, backup):
        return script("archive.sh", segment, "000000010000000000000001", backup / "wal")

    def test_keeps_a_file_whole(self, segment, backup):
        assert self.archive(segment, backup).returncode == 0

        [kept] = (backup / "wal").iterdir()
        assert kept.read_bytes() == segment.read_bytes()

    def test_is_content_when_asked_again(self, segment, backup):
        self.archive(segment, backup)

        assert self.archive(segment, backup).returncode == 0

    def test_writes_over_nothing(self, segment, backup):
        self.archive(segment, backup)
        segment.write_bytes(b"of another server")

        done = self.archive(segment, backup)

        assert done.returncode == 1
        assert "holds something else" in done.stderr
        [kept] = (backup / "wal").iterdir()
        assert kept.read_bytes() == b"wal" * 1000

    def test_leaves_no_half_behind_when_it_fails(self, tmp_path, backup):
        assert self.archive(tmp_path / "nothing", backup).returncode != 0

        assert list((backup / "wal").iterdir()) == []


class TestRestore:
    @pytest.fixture
    def copies(self, backup):
        for name in ("20260301T170000Z", "20260302T170000Z", "20260303T170000Z"):
            (backup / "base" / name).mkdir()
            (backup / "base" / name / "PG_VERSION").write_text(name)

    @pytest.mark.parametrize(
        ("moment", "copy"),
        [
            # everything that there is
            ([], "20260303T170000Z"),
            # the last copy that was complete by then, whatever the zone
            (["2026-03-03 00:59:59+08"], "20260301T170000Z"),
            (["2026-03-03 01:00:00+08"], "20260302T170000Z"),
        ],
    )
    def test_begins_from_the_last_copy_before_the_moment(
        self, tmp_path, backup, copies, moment, copy
    ):
        target = tmp_path / "target"

        done = script("restore.sh", backup, target, *moment)

        assert done.returncode == 0, done.stderr
        assert (target / "PG_VERSION").read_text() == copy
        assert (target / "recovery.signal").exists()
        told = (target / "postgresql.auto.conf").read_text()
        assert f"recovery_target_time = '{''.join(moment)}'" in told
        assert stat.S_IMODE(target.stat().st_mode) == 0o700

    def test_refuses_a_moment_before_every_copy(self, tmp_path, backup, copies):
        target = tmp_path / "target"

        done = script("restore.sh", backup, target, "2026-03-01 00:00:00+08")

        assert done.returncode == 1
        assert not target.exists()

    def test_refuses_a_folder_that_is_not_empty(self, tmp_path, backup, copies):
        (tmp_path / "kept").write_text("precious")

        done = script("restore.sh", backup, tmp_path)

        assert done.returncode == 1
        assert "not empty" in done.stderr
        assert not (tmp_path / "PG_VERSION").exists()


class TestOverdue:
    @pytest.fixture
    def all_is_well(self, backup):
        (backup / "base" / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}").mkdir()
        (backup / "wal" / "000000010000000000000001").touch()
        (backup / "drill" / "drill.prom").touch()

    def test_says_nothing_while_all_is_well(self, backup, all_is_well):
        done = script("overdue.sh", backup)

        assert (done.returncode, done.stdout) == (0, "")

    @pytest.mark.parametrize(
        ("folder", "hours", "words"),
        [
            ("base", 27, "a copy of the database"),
            ("wal", 0.3, "an archived file of WAL"),
            ("drill", 8 * 24 + 1, "a restore drill"),
        ],
    )
    def test_names_what_is_too_old(self, backup, all_is_well, folder, hours, words):
        [file] = (backup / folder).iterdir()
        then = datetime.now(UTC).timestamp() - hours * 3600
        os.utime(file, (then, then))

        done = script("overdue.sh", backup)

        assert done.returncode == 1
        assert words in done.stdout


class TestDrill:
    """With a real server; by the account that may run one."""

    @pytest.fixture
    def database(self, place):
        database = Postgres(place / "postgres")
        database.start()
        sql = "CREATE TABLE kept AS SELECT generate_series(1, 7) AS number"
        self.psql(database, "scrm", sql)
        yield database
        database.stop()

    @pytest.fixture
    def by_its_account(self, place, database):
        """Runs a script as the server's account; what it leaves is in `place`."""
        scripts = place / "scripts"
        scripts.mkdir(mode=0o755)
        for file in SCRIPTS.iterdir():
            (scripts / file.name).write_bytes(file.read_bytes())
            (scripts / file.name).chmod(0o755)
        folder = place / "backup"
        folder.mkdir()
        database.hand_over(folder)

        def run(name, **environment):
            how = database.as_account()
            how["env"] |= {
                "PG_BIN": str(database.programs),
                "PGHOST": str(database.sockets),
                "PGUSER": "postgres",
                "SCRM_RUN": self.product(place),
            } | environment
            return subprocess.run(
                [scripts / name, folder], capture_output=True, text=True, **how
            )

        return run

    def psql(self, database, name, sql):
        where = ["-h", database.sockets, "-U", "postgres", "-d", name]
        database.run("psql", "-q", *where, "-c", sql)

    def product(self, place):
        """Stands in for ./run: says what it was asked, about which database."""
        product = place / "product"
        product.write_text('#!/bin/sh\necho "asked $* of ${DATABASE_URL%%\\?*}"\n')
        product.chmod(0o755)
        return f"'{product}'".replace(" ", "?").strip("'")

    def test_tells_what_came_back(self, place, by_its_account):
        assert by_its_account("base.sh").returncode == 0

        done = by_its_account("drill.sh")

        assert done.returncode == 0, done.stdout + done.stderr
        [report] = (place / "backup" / "drill").glob("*.txt")
        told = report.read_text()
        assert "kept 7" in told
        assert "asked migrate --check of postgresql://postgres@/scrm" in told
        assert told.endswith("OK\n")
        assert (place / "backup" / "drill" / "drill.prom").exists()

    def test_that_fails_says_so_and_renews_nothing(self, place, by_its_account):
        by_its_account("base.sh")

        done = by_its_account("drill.sh", DATABASE="of_another_name")

        assert done.returncode == 1
        assert done.stdout.endswith("FAILED\n")
        assert not (place / "backup" / "drill" / "drill.prom").exists()

    def test_only_the_last_copies_are_kept(self, place, by_its_account):
        for _time in range(2):
            done = by_its_account("base.sh", KEEP="1")
            assert done.returncode == 0, done.stderr

        assert len(list((place / "backup" / "base").iterdir())) == 1

"""What a process says of its environment before it starts."""

import os
import subprocess
import sys

import pytest

from scrm.environment import Environment, Reach, open_files, reach_of, read_files
from scrm.settings_page import page
from scrm.variables import PAIRS, VARIABLES
from tests.check import COMPLETE, ROOT

REQUIRED = {
    *["DATABASE_URL", "BROKER_URL", "SECRET_KEY", "ALLOWED_HOSTS", "SCRM_DATA_KEYS"],
    *["WECOM_CORP_ID", "WECOM_AGENT_ID", "WECOM_APP_SECRET"],
    *["WECOM_CALLBACK_TOKEN", "WECOM_CALLBACK_AES_KEY"],
}


def environment(reach=Reach.EVERYTHING, **changes):
    return Environment(VARIABLES, COMPLETE | changes, reach=reach, pairs=PAIRS)


def manage(*arguments, **variables):
    """The command under these variables and no others."""
    bare = {"PATH": os.defpath, "SCRM_ENV_FILE": os.devnull} | variables
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env=bare,
        capture_output=True,
        text=True,
        timeout=60,
    )


class TestEnvironment:
    def test_has_nothing_to_say_of_a_complete_one(self):
        assert environment().problems == []

    def test_names_everything_that_is_missing_at_once(self):
        empty = Environment(VARIABLES, {}, reach=Reach.EVERYTHING, pairs=PAIRS)

        assert {line.split()[0] for line in empty.problems} == REQUIRED

    def test_takes_an_empty_value_for_a_missing_one(self):
        assert len(environment(SECRET_KEY="  ").problems) == 1

    def test_asks_only_for_the_database_where_nothing_else_is_used(self):
        empty = Environment(VARIABLES, {}, reach=Reach.DATABASE, pairs=PAIRS)

        assert [line.split()[0] for line in empty.problems] == ["DATABASE_URL"]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("DATABASE_URL", "mysql://scrm@db/scrm"),
            ("DATABASE_URL", "postgresql://db/scrm?colour=blue"),
            ("BROKER_URL", "http://broker"),
            # 31 bytes, and no base64 at all
            ("SCRM_DATA_KEYS", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="),
            ("SCRM_DATA_KEYS", "no base64!"),
            ("SCRM_DATA_KEYS", ",".join([COMPLETE["SCRM_DATA_KEYS"]] * 2)),
            ("WECOM_API_URL", "qyapi.weixin.qq.com"),
            ("WECOM_AGENT_ID", "agent 7"),
            ("WECOM_CORP_ID", "ww 01"),
            ("WECOM_CALLBACK_AES_KEY", "too short"),
            ("TRUSTED_PROXIES", "10.0.0.0/64"),
            ("WEB_PROCESSES", "0"),
            ("LOG_FORMAT", "xml"),
            ("DEBUG", "perhaps"),
            # a half of a pair
            ("WECOM_CALLBACK_TOKEN_2", "Token"),
            ("WECOM_CONTACTS_CALLBACK_AES_KEY", COMPLETE["WECOM_CALLBACK_AES_KEY"]),
        ],
    )
    def test_names_what_is_malformed_and_does_not_repeat_its_value(self, name, value):
        (problem,) = environment(**{name: value}).problems

        assert name in problem
        assert value not in problem

    def test_lets_malformed_values_pass_where_nothing_is_needed(self):
        assert environment(Reach.NOTHING, WECOM_AGENT_ID="agent 7").problems == []

    def test_reads_a_database_on_a_socket_and_one_over_the_network(self):
        socket = environment(DATABASE_URL="postgresql://postgres@/scrm?host=/a/b")
        network = environment(
            DATABASE_URL="postgresql://me:p%40ss@db:6543/scrm?sslmode=require"
        )

        assert socket["DATABASE_URL"]["host"] == "/a/b"
        assert network["DATABASE_URL"] == {
            "user": "me",
            "password": "p@ss",
            "host": "db",
            "port": "6543",
            "dbname": "scrm",
            "sslmode": "require",
        }

    def test_reads_keys_in_either_spelling_of_base64(self):
        url_safe, standard = "-_" * 21 + "8=", "+/" * 21 + "8="

        assert (
            environment(SCRM_DATA_KEYS=url_safe)["SCRM_DATA_KEYS"]
            == environment(SCRM_DATA_KEYS=standard)["SCRM_DATA_KEYS"]
        )


class TestReachOf:
    @pytest.mark.parametrize(
        ("role", "reach"),
        [
            ("makemigrations", Reach.NOTHING),
            ("sandbox", Reach.NOTHING),
            ("migrate", Reach.DATABASE),
            ("web", Reach.EVERYTHING),
            ("pull", Reach.EVERYTHING),
            # who does not come through manage.py may be a web server
            ("other", Reach.EVERYTHING),
        ],
    )
    def test_trusts_no_command_that_it_does_not_know(self, role, reach):
        assert reach_of(role) == reach


class TestReadFiles:
    @pytest.fixture
    def folder(self, tmp_path, monkeypatch):
        for name in ("SCRM_ENV_FILE", "BROKER_URL", "WEB_THREADS"):
            monkeypatch.delenv(name, raising=False)
        (tmp_path / "var/serve").mkdir(parents=True)
        (tmp_path / ".env").write_text("WEB_THREADS='3'\n")
        (tmp_path / "var/serve/environment").write_text("BROKER_URL='redis://here'\n")
        return tmp_path

    def test_finds_the_parts_that_a_running_serve_brought(self, folder):
        read_files(folder, role="pull")

        assert (os.environ["WEB_THREADS"], os.environ["BROKER_URL"]) == (
            "3",
            "redis://here",
        )

    def test_does_not_take_its_own_leavings_for_a_given_broker(self, folder):
        read_files(folder, role="serve")

        assert "BROKER_URL" not in os.environ

    def test_keeps_the_demo_away_from_a_real_database(self, folder):
        read_files(folder, role="demo")

        assert "WEB_THREADS" not in os.environ

    def test_gives_the_environment_the_last_word(self, folder, monkeypatch):
        monkeypatch.setenv("WEB_THREADS", "5")

        read_files(folder, role="pull")

        assert os.environ["WEB_THREADS"] == "5"


class TestOpenFiles:
    @pytest.fixture
    def secret(self, tmp_path):
        (tmp_path / "secret").write_text("held by a file\n")
        return str(tmp_path / "secret")

    def opened(self, **given):
        given = {name: value for name, value in (COMPLETE | given).items() if value}
        open_files(VARIABLES, given)
        return Environment(VARIABLES, given, reach=Reach.EVERYTHING, pairs=PAIRS)

    def test_takes_a_value_from_the_file_that_is_named(self, secret):
        found = self.opened(SECRET_KEY="", SECRET_KEY_FILE=secret)

        assert found["SECRET_KEY"] == "held by a file"
        assert found.problems == []

    def test_gives_the_environment_the_last_word(self, secret):
        found = self.opened(SECRET_KEY="said outright", SECRET_KEY_FILE=secret)

        assert found["SECRET_KEY"] == "said outright"

    @pytest.mark.parametrize("holds", [None, "", "\n", b"\xff\xfe\x00"])
    def test_says_which_file_is_of_no_use(self, tmp_path, holds):
        file = tmp_path / "secret"
        if holds is not None:
            file.write_bytes(holds if isinstance(holds, bytes) else holds.encode())

        # also of what nobody needs: it was meant to be there
        for name in ("SECRET_KEY", "METRICS_TOKEN"):
            [problem] = self.opened(**{name: "", f"{name}_FILE": str(file)}).problems
            assert problem.startswith(f"{name}_FILE names no file that can be read")

    def test_judges_what_a_file_holds_like_anything_else(self, tmp_path):
        (tmp_path / "key").write_text("too short\n")
        given = {"WECOM_CALLBACK_AES_KEY_FILE": str(tmp_path / "key")}

        [problem] = self.opened(WECOM_CALLBACK_AES_KEY="", **given).problems

        assert problem.startswith("WECOM_CALLBACK_AES_KEY is not the 43 characters")


class TestManage:
    def test_refuses_to_serve_with_the_whole_list(self):
        refused = manage("serve")

        assert refused.returncode == 1
        # serve brings a database and a broker of its own
        for name in REQUIRED - {"DATABASE_URL", "BROKER_URL"}:
            assert f"{name} is missing" in refused.stderr
        assert "Traceback" not in refused.stderr

    def test_refuses_to_start_a_web_server_that_comes_without_manage(self):
        refused = subprocess.run(
            [sys.executable, "-c", "import scrm.wsgi"],
            cwd=ROOT,
            env={"PATH": os.defpath, "SCRM_ENV_FILE": os.devnull},
            capture_output=True,
            text=True,
            timeout=60,
        )

        assert refused.returncode == 1
        assert "DATABASE_URL is missing" in refused.stderr

    def test_strikes_out_of_its_logs_what_came_out_of_a_file(self, tmp_path):
        (tmp_path / "secret").write_text("a-secret-from-a-file\n")
        code = "import logging; logging.warning('the key: a-secret-from-a-file')"
        given = COMPLETE | {"SECRET_KEY_FILE": str(tmp_path / "secret")}
        del given["SECRET_KEY"]

        told = manage("shell", "-v0", "-c", code, **given)

        assert "the key: ***" in told.stderr
        assert told.returncode == 0

    @pytest.mark.parametrize("command", [["web", "--help"], ["check"], ["version"]])
    def test_needs_nothing_for_what_reaches_nothing(self, command):
        assert manage(*command).returncode == 0


def test_the_page_about_settings_is_the_table_of_variables():
    """`./run settings >docs/settings.md` writes it anew."""
    assert (ROOT / "docs" / "settings.md").read_text() == page()

"""The command runs the corp on its own, without the product's settings."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ALONE = """
import sys
from django.conf import settings
settings.configure(INSTALLED_APPS=["apps.sandbox"])
from django.core.management import execute_from_command_line
execute_from_command_line(["manage.py", "sandbox", *sys.argv[1:]])
"""
SMALL = ("--port", "0", "--employees", "4", "--contacts", "30", "--groups", "2")


@contextmanager
def running(
    place: Path, *arguments: str, end: int = signal.SIGTERM, **environment: str
) -> Iterator[dict]:
    """The command at work in that directory; gives the lines that it printed."""
    process = subprocess.Popen(
        [sys.executable, "-c", ALONE, *SMALL, *arguments],
        cwd=place,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = {}
    try:
        for line in process.stdout:
            name, _, value = line.strip().partition("=")
            printed[name] = value
            if name == "WECOM_CONTACTS_CALLBACK_AES_KEY":
                break
        yield printed
    finally:
        process.send_signal(end)
        printed["rest"] = process.communicate(timeout=10)[0]
        printed["status"] = process.returncode


def state_of(printed: dict) -> dict:
    with urllib.request.urlopen(f"{printed['WECOM_API_URL']}/sandbox/state") as answer:
        return json.load(answer)


def do(printed: dict, **act: str) -> None:
    request = urllib.request.Request(
        f"{printed['WECOM_API_URL']}/sandbox/do", json.dumps(act).encode()
    )
    urllib.request.urlopen(request).close()


class TestCommand:
    def test_prints_what_connects_to_it_and_ends_cleanly(self, tmp_path):
        with running(tmp_path) as printed:
            assert len(state_of(printed)["users"]) == 4

        assert printed["WECOM_CORP_ID"].startswith("ww")
        assert len(printed["WECOM_CALLBACK_AES_KEY"]) == 43
        assert printed["rest"] == ""
        assert printed["status"] == 0
        assert list((tmp_path / "var/sandbox").iterdir()) == [
            tmp_path / "var/sandbox/corp.sqlite3"
        ]

    def test_takes_its_credentials_from_the_environment(self, tmp_path):
        with running(tmp_path, WECOM_CORP_ID="ww77", WECOM_APP_SECRET="own") as printed:
            url = f"{printed['WECOM_API_URL']}/cgi-bin/gettoken"
            with urllib.request.urlopen(f"{url}?corpid=ww77&corpsecret=own") as answer:
                assert json.load(answer)["errcode"] == 0

        assert printed["WECOM_AGENT_ID"] == "1000002"

    @pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
    def test_finds_the_state_of_the_first_start(self, tmp_path, end):
        with running(tmp_path, end=end) as first:
            do(first, act="add", external_userid="wmNew")
            before = state_of(first)
        with running(tmp_path) as second:
            after = state_of(second)

        assert after["customers"] == before["customers"]
        assert after["groups"] == before["groups"]

    def test_starts_anew_when_told_to(self, tmp_path):
        with running(tmp_path) as first:
            do(first, act="add", external_userid="wmNew")
        with running(tmp_path, "--fresh") as second:
            found = state_of(second)["customers"]

        assert "wmNew" not in {one["external_userid"] for one in found}

    def test_will_not_take_a_state_of_other_sizes(self, tmp_path):
        with running(tmp_path):
            pass
        with running(tmp_path, "--seed", "9") as second:
            pass

        assert any("--fresh" in line for line in second)
        assert second["status"] == 1

    def test_will_not_share_a_state_with_another(self, tmp_path):
        with running(tmp_path), running(tmp_path) as second:
            pass

        assert any("Another sandbox corp is running" in line for line in second)
        assert second["status"] == 1

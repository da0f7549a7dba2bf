"""How we are, told to machines, while parts of us are taken away."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

from scrm.embedded.part import wait_for
from scrm.embedded.postgres import Postgres
from scrm.embedded.valkey import Valkey
from scrm.household import answers, free_port
from tests.check import COMPLETE, ROOT
from tests.scrm.conftest import open_folder

WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.mark.django_db
class TestReadyz:
    def test_is_ready_when_nothing_is_missing(self, client):
        answer = client.get("/readyz")

        assert answer.status_code == 200
        assert answer.json() == {"status": "ready", "down": [], "degraded": []}

    def test_is_down_while_a_migration_is_missing(self, client):
        last = MigrationRecorder(connection).migration_qs.last()
        last.delete()

        answer = client.get("/readyz")

        assert (answer.status_code, answer.json()["down"]) == (503, ["migrations"])

    def test_is_down_without_keys(self, client, settings):
        settings.SCRM_DATA_KEYS = ()

        answer = client.get("/readyz")

        assert (answer.status_code, answer.json()["down"]) == (503, ["keys"])

    def test_changes_nothing(self, client):
        assert client.post("/readyz").status_code == 405


@pytest.fixture
def place():
    with open_folder() as folder:
        yield folder


def test_tells_what_is_down_and_comes_back_by_itself(place):
    """One web server, its database and its broker, each stopped and started."""
    postgres, valkey = Postgres(place / "postgres"), Valkey(place / "valkey")
    port = free_port()
    environment = {
        **COMPLETE,
        "PATH": os.defpath,
        "DATABASE_URL": postgres.start(),
        "BROKER_URL": valkey.start(),
        "ALLOWED_HOSTS": "127.0.0.1",
        "TRUSTED_PROXIES": "",
        "WEB_PROCESSES": "1",
    }
    how = {"cwd": ROOT, "env": environment, "stdout": subprocess.DEVNULL}
    manage = [sys.executable, "manage.py"]
    subprocess.run([*manage, "migrate", "-v0"], check=True, **how)
    with subprocess.Popen([*manage, "web", "--port", str(port)], **how) as web:
        try:
            assert wait_for(lambda: answers("127.0.0.1", port), seconds=30)

            def ask(path="readyz"):
                began = time.monotonic()
                address = f"http://127.0.0.1:{port}/{path}"
                try:
                    with WITHOUT_PROXY.open(address, timeout=10) as answer:
                        told = answer.status, json.load(answer)
                except urllib.error.HTTPError as answer:
                    told = answer.code, json.load(answer)
                assert time.monotonic() - began < 5
                return told

            assert ask() == (200, {"status": "ready", "down": [], "degraded": []})

            valkey.stop()
            assert ask()[0] == 200
            assert ask()[1]["degraded"] == ["broker"]

            postgres.process.send_signal(signal.SIGSTOP)
            assert ask()[1]["down"] == ["database"]
            postgres.process.send_signal(signal.SIGCONT)
            assert wait_for(lambda: not ask()[1]["down"], seconds=10)

            postgres.stop()
            assert ask()[0] == 503
            assert ask()[1]["down"] == ["database"]
            assert ask("healthz") == (200, {"status": "ok"})

            postgres.start()
            valkey.start()
            assert wait_for(lambda: ask()[1]["status"] == "ready", seconds=10)
        finally:
            web.terminate()
            web.wait(20)
            valkey.stop()
            postgres.stop()

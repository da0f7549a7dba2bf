"""What the environment makes of the settings."""

import json
import os
import subprocess
import sys

import pytest

from tests.check import COMPLETE, ROOT

TELL = """
import json, sys
from scrm import settings
print(json.dumps([getattr(settings, name) for name in sys.argv[1:]], default=str))
"""


def settings(*names, **variables):
    """The values of these settings in a process under this environment."""
    told = subprocess.run(
        [sys.executable, "-c", TELL, *names],
        cwd=ROOT,
        env={**COMPLETE, "PATH": os.defpath, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(told.stdout)


class TestHttps:
    @pytest.mark.parametrize(
        ("hosts", "proxies", "secure", "redirected"),
        [
            ("localhost,127.0.0.1", "", False, False),
            # there is no certificate for a machine without a name
            ("crm.example.com,127.0.0.1", "", True, False),
            # only a proxy can tell who came by https
            ("crm.example.com", "10.0.0.0/8", True, True),
        ],
    )
    def test_is_asked_for_as_soon_as_it_can_be_had(
        self, hosts, proxies, secure, redirected
    ):
        names = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"]

        told = settings(*names, ALLOWED_HOSTS=hosts, TRUSTED_PROXIES=proxies)

        assert told == [secure, secure, redirected]


class TestDatabase:
    def test_keeps_a_pool_in_the_web_alone(self):
        [web] = settings("DATABASES", SCRM_ROLE="web")
        [worker] = settings("DATABASES", SCRM_ROLE="worker")

        assert web["default"]["OPTIONS"]["pool"]["max_size"] == 8
        assert web["default"]["CONN_MAX_AGE"] == 0
        assert "pool" not in worker["default"]["OPTIONS"]

    def test_notices_within_a_minute_that_the_other_side_is_cut_off(self):
        url = "postgresql://db/scrm?keepalives_idle=9"

        [told] = settings("DATABASES", SCRM_ROLE="worker", DATABASE_URL=url)

        options = told["default"]["OPTIONS"]
        assert options["keepalives_idle"] == "9"
        assert options["keepalives_count"] == "3"
        assert "-c tcp_keepalives_idle=30" in options["options"]

    def test_adds_its_limits_to_what_the_address_asks_for(self):
        url = "postgresql://db/scrm?options=-c%20work_mem%3D64MB&connect_timeout=9"

        [told] = settings("DATABASES", SCRM_ROLE="web", DATABASE_URL=url)

        options = told["default"]["OPTIONS"]
        assert "statement_timeout=15000" in options["options"]
        assert "-c random_page_cost=1.1 -c jit=off" in options["options"]
        assert options["options"].endswith("-c work_mem=64MB")
        assert options["connect_timeout"] == "9"


class TestReplica:
    def test_is_for_reading_and_has_little_time(self):
        url = "postgresql://db/scrm"

        [told] = settings("DATABASES", SCRM_ROLE="web", DATABASE_REPLICA_URL=url)

        options = told["replica"]["OPTIONS"]
        assert options["options"].endswith(
            "-c default_transaction_read_only=on -c statement_timeout=5000"
        )
        assert options["connect_timeout"] == "2"
        assert "pool" not in options

    def test_is_not_there_unless_it_is_named(self):
        [told] = settings("DATABASES", SCRM_ROLE="web")

        assert set(told) == {"default"}


class TestBroker:
    def test_is_the_cache_as_well_where_it_can_be(self):
        [redis] = settings("CACHES", BROKER_URL="redis+socket:///a/valkey")
        [rabbit] = settings("CACHES", BROKER_URL="amqp://rabbit//")

        assert redis["default"]["LOCATION"] == "unix:///a/valkey"
        assert "DatabaseCache" in rabbit["default"]["BACKEND"]

    def test_makes_only_the_web_hurry(self):
        [web] = settings("CELERY_BROKER_TRANSPORT_OPTIONS", SCRM_ROLE="web")
        [worker] = settings("CELERY_BROKER_TRANSPORT_OPTIONS", SCRM_ROLE="worker")

        assert web["socket_timeout"] == 1
        assert "socket_timeout" not in worker

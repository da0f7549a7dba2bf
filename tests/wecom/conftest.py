"""A host for the client, and several who do the same at once."""

import secrets
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from tests.processes import ROOT, environment
from tests.wecom.host import Host
from tests.wecom.told import ADDRESS


@pytest.fixture
def host(settings) -> Iterator[Host]:
    """Our client turned to a host of this test's own, with a secret of its own."""
    with Host() as host:
        settings.WECOM_API_URL = host.url
        settings.WECOM_APP_SECRET = f"app-{secrets.token_hex(8)}"
        settings.WECOM_CONTACTS_SECRET = f"contacts-{secrets.token_hex(8)}"
        yield host


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Do a thing in many threads that all begin together; results, or exceptions."""

    def do(times: int, thing: Callable[[], Any]) -> list[Any]:
        barrier = threading.Barrier(times)

        def one(_number: int) -> Any:
            try:
                barrier.wait()
                return thing()
            except Exception as error:  # noqa: BLE001 - the test looks at it
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(times) as pool:
            return list(pool.map(one, range(times)))

    return do


@pytest.fixture
def other_process(host, settings) -> Callable[..., subprocess.Popen]:
    """Start another process of ours against this test's database and host."""

    def start(what: str, name: str) -> subprocess.Popen:
        secrets_of_this_test = {
            "WECOM_APP_SECRET": settings.WECOM_APP_SECRET,
            "WECOM_CONTACTS_SECRET": settings.WECOM_CONTACTS_SECRET,
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.wecom.other", what, name],
            cwd=ROOT,
            env=environment() | secrets_of_this_test,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    return start


@pytest.fixture
def app(corp):
    return corp.credentials.app_receiver


@pytest.fixture
def put(client):
    """Put a body to the endpoint."""

    def put(query, body, *, address=ADDRESS, **extra):
        return client.post(
            address, body, content_type="text/xml", query_params=query, **extra
        )

    return put

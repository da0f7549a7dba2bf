"""A corp and its server of their own: neither Django nor a database is needed."""

from collections.abc import Iterator

import pytest

from apps.sandbox.corp import Corp
from apps.sandbox.server import Server
from tests.sandbox.caller import Caller, Clock
from tests.sandbox.golden import NOW, little_corp
from tests.sandbox.listener import Listener


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def corp(clock) -> Iterator[Corp]:
    """The little corp of the golden files."""
    corp = little_corp(clock)
    yield corp
    corp.close()


@pytest.fixture
def server(corp) -> Iterator[Server]:
    with Server(corp) as server:
        yield server


@pytest.fixture
def call(server) -> Caller:
    """Calls the API as the app does: call("externalcontact/list", userid="lihua")."""
    return Caller(server)


@pytest.fixture
def listener(server) -> Iterator[Listener]:
    """The other end of the callbacks, both receivers."""
    with Listener(server.corp.credentials) as listener:
        server.callbacks.configure(
            app_url=f"{listener.url}/app", contacts_url=f"{listener.url}/contacts"
        )
        yield listener

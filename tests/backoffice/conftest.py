"""Visitors of the admin."""

import pytest

from tests import make


@pytest.fixture
def visit(client):
    """visit("/admin/…", role="manager"): the answer to somebody in that role."""

    def as_somebody(path: str, *, role: str = "admin", **query):
        client.force_login(make.user(role=role))
        return client.get(path, query)

    return as_somebody

"""Visitors of the admin."""

from tests.backoffice.conftest import visit as visit

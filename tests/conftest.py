"""The database that the tests bring along, the choice of suites, and the fixtures."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest
from django.db.models import F

from apps.sandbox.corp import Corp
from apps.sandbox.credentials import credentials_from
from apps.sandbox.server import Server
from scrm import settings_test
from scrm.embedded.postgres import Postgres
from tests.wecom_says import Wecom

FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}

database = None


def pytest_addoption(parser):
    parser.addoption("--all", action="store_true", help="run the slow suites as well")


def pytest_configure(config):
    global database
    if settings_test.EMBEDDED_HOME and not config.option.collectonly:
        database = Postgres(settings_test.EMBEDDED_HOME, settings=FORGETFUL)
        database.start()


def pytest_unconfigure(config):
    if database is not None:
        database.stop()
        shutil.rmtree(database.home)


def pytest_collection_modifyitems(config, items):
    if config.option.all:
        return
    slow = [item for item in items if item.get_closest_marker("slow")]
    if slow:
        config.hook.pytest_deselected(items=slow)
        items[:] = [item for item in items if item not in slow]


def day(number: float, *, hour: float = 9) -> datetime:
    """Nine in the morning of a day of March 2026, in Shanghai."""
    first = datetime(2026, 3, 1, tzinfo=timezone(timedelta(hours=8)))
    return first + timedelta(days=number - 1, hours=hour)


@pytest.fixture
def corp() -> Iterator[Corp]:
    """A sandbox corp with nobody in it, under the credentials of the settings."""
    corp = Corp(credentials=credentials_from(os.environ))
    yield corp
    corp.close()


@pytest.fixture
def sandbox(corp, settings) -> Iterator[Server]:
    """The sandbox corp's API over HTTP, and our client turned to it."""
    with Server(corp) as server:
        settings.WECOM_API_URL = settings.WEIXIN_API_URL = server.url
        yield server


@pytest.fixture
def wecom(corp) -> Wecom:
    return Wecom(corp.credentials)


@pytest.fixture
def work_off(transactional_db):
    """Do every waiting job, and those that they make, until the house is quiet."""

    def work(*, newest_first: bool = False, rounds: int = 30) -> None:
        from apps.common.jobs import every_kind_of_job  # needs the apps

        for _round in range(rounds):
            waiting = [
                (model, pk)
                for model in every_kind_of_job()
                for pk in model.objects.filter(status="waiting")
                .order_by("-pk" if newest_first else "pk")
                .values_list("pk", flat=True)
            ]
            if not waiting:
                return
            for model, pk in waiting:
                model.objects.filter(pk=pk).update(attempts=F("attempts") + 1)
                model.objects.get(pk=pk).work_off()
        raise AssertionError("the house never came to rest")

    return work

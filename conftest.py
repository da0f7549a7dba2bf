"""The database that the tests bring along, and the choice of suites."""

import shutil

from scrm import settings_test
from scrm.embedded.postgres import Postgres

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}

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

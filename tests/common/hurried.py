"""The settings of a process that a test starts: what takes minutes takes a second."""

from datetime import timedelta

from scrm.settings import *  # noqa: F403

TIMETABLE = {
    "tests.each": {"when": timedelta(seconds=1), "missed": "each"},
    "tests.once": {"when": timedelta(seconds=1), "missed": "once"},
}
PRESENCE_EVERY = timedelta(seconds=0.2)
ABSENT_AFTER = timedelta(seconds=2)

"""A timetable of one line."""

from datetime import timedelta

import pytest

from tests.common import ticks


@pytest.fixture
def timetable(settings):
    """timetable("0 * * * *", missed="skip"): when `tests.tick` is due."""
    ticks.ran.clear()
    ticks.goes_wrong.clear()

    def write(when: timedelta | str, **more) -> None:
        settings.TIMETABLE = {"tests.tick": {"when": when, **more}}

    return write

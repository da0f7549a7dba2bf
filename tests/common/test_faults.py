"""Nothing goes wrong on purpose, unless the settings of a test say where."""

import pytest

from apps.common import faults
from apps.common.faults import Fault, reached


@pytest.fixture
def file(settings, tmp_path):
    settings.FAULTS_FILE = str(tmp_path / "faults")
    return tmp_path / "faults"


def test_nothing_happens_without_a_file(settings):
    assert settings.FAULTS_FILE is None
    reached("w.after_claim")


def test_a_file_that_is_not_there_yet_is_as_good_as_none(file):
    reached("w.after_claim")


def test_it_happens_at_the_places_named_and_at_no_other(file):
    file.write_text("w.* raise 1\n")

    with pytest.raises(Fault):
        reached("w.after_claim")
    reached("cb.after_verify")


def test_what_never_happens_does_not(file):
    file.write_text("* raise 0\n")
    reached("w.after_claim")


def test_the_file_may_change_meanwhile(file):
    file.write_text("* raise 1\n")
    with pytest.raises(Fault):
        reached("w.after_claim")

    file.write_text("\n")
    reached("w.after_claim")


def test_a_fault_that_does_not_exist_is_told(file):
    with pytest.raises(ValueError, match="no such fault"):
        faults.strike("explode")

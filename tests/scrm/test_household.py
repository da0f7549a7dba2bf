"""One parent, its children, and how all of it ends."""

import os
import signal
import socket

import pytest

from scrm.embedded.part import CannotStart, wait_for
from scrm.embedded.valkey import Valkey
from scrm.household import (
    LONGEST_LOG,
    Household,
    answers,
    free_port,
    refuse_a_busy_port,
    shorten,
)


@pytest.fixture
def household(place):
    """One that gives the signals back to the tests."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield Household(place / "house")
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def port():
    return free_port()


def raise_a_corp(household, port):
    """A child that needs nothing and answers when it is up."""
    measures = ["--employees", "1", "--contacts", "0", "--groups", "0"]
    corp = ["sandbox", "--port", str(port), "--state", ":memory:", *measures]
    household.raise_child("corp", *corp)
    household.watch(until=lambda: answers("127.0.0.1", port))


class TestHousehold:
    def test_starts_a_child_again_that_was_killed(self, household, port, capsys):
        with household:
            raise_a_corp(household, port)
            (corp,) = household.children
            corp.started_at -= 60
            os.kill(corp.process.pid, signal.SIGKILL)
            corp.process.wait()

            household.watch(until=lambda: answers("127.0.0.1", port))

        assert "corp ended (-9); starting it again." in capsys.readouterr().out

    def test_ends_all_with_the_log_of_a_child_that_dies_at_once(self, household):
        with pytest.raises(CannotStart, match="Unknown command: 'sing'"), household:
            household.raise_child("singer", "sing")
            household.watch()

    def test_starts_a_part_again_that_was_killed(self, household, capsys):
        with household:
            valkey = Valkey(household.folder / "valkey")
            household.take_in(valkey)
            os.kill(valkey.process.pid, signal.SIGKILL)
            valkey.process.wait()

            household.watch(until=valkey.answers)

        assert "Valkey ended; starting it again." in capsys.readouterr().out

    def test_leaves_nothing_behind(self, household, port):
        with household:
            household.take_in(Valkey(household.folder / "valkey"))
            raise_a_corp(household, port)

        assert household.children[0].has_ended
        assert not household.parts[0].runs
        assert not answers("127.0.0.1", port)

    def test_says_what_an_errand_had_to_say_when_it_failed(self, household):
        with pytest.raises(CannotStart, match="runserver fails"), household:
            household.wait_for(household.send("runserver", "--no-such-option"))

    def test_is_one_to_a_folder(self, household):
        with household, pytest.raises(CannotStart, match="runs already"):
            Household(household.folder).__enter__()

    def test_ends_when_it_is_told_to(self, household):
        with pytest.raises(KeyboardInterrupt), household:
            os.kill(os.getpid(), signal.SIGTERM)
            wait_for(lambda: False, seconds=5)


class TestRefuseABusyPort:
    def test_says_in_one_sentence_that_somebody_listens_there(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            taken = other.getsockname()[1]

            with pytest.raises(CannotStart, match=f"Port {taken} of 127.0.0.1"):
                refuse_a_busy_port("127.0.0.1", taken)

    def test_lets_a_free_one_pass(self, port):
        refuse_a_busy_port("127.0.0.1", port)


def test_a_long_log_is_put_aside(tmp_path):
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (LONGEST_LOG + 1))

    shorten(log)

    assert log.stat().st_size == 0
    assert (tmp_path / "web.old.log").stat().st_size == LONGEST_LOG + 1

"""The whole product under one parent, as a newcomer starts it."""

import re
import signal
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import pytest

from scrm.embedded.part import wait_for
from scrm.household import free_port
from tests.scrm.conftest import processes_in

WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def command(folder, *arguments):
    return subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )


@contextmanager
def demo(folder):
    """A running demo, and the address it prints."""
    process = command(folder, "demo", "--port", str(free_port()))
    try:
        said = ""
        for line in process.stdout:
            said += line
            if address := re.search(r"http://\S+", line):
                break
        assert address, said
        yield process, address.group()
    finally:
        process.kill()
        process.communicate()
        wait_for(lambda: not processes_in(folder), seconds=30)


def page(address):
    with WITHOUT_PROXY.open(address, timeout=10) as answer:
        return answer.read().decode()


class TestDemo:
    def test_is_one_to_a_clone_and_leaves_nothing_behind(self, clone):
        folder = clone("a clone")
        with demo(folder) as (process, address):
            port = address.split(":")[2].split("/")[0]
            twin = command(folder, "demo", "--port", str(free_port()))
            neighbour = command(folder, "demo", "--port", port)

            assert "<form" in page(address)
            assert "runs already" in twin.communicate(timeout=30)[0]
            assert f"Port {port}" in neighbour.communicate(timeout=30)[0]
            assert (twin.returncode, neighbour.returncode) == (1, 1)

            process.send_signal(signal.SIGINT)
            out, _nothing = process.communicate(timeout=30)
            assert process.returncode == 0
            assert out.endswith("Stopped.\n")
            assert processes_in(folder) == []


@pytest.mark.slow
class TestDemoAgain:
    def test_dies_as_a_whole_when_it_is_killed_and_finds_its_data_again(self, clone):
        folder = clone("a clone")
        with demo(folder) as (process, _address):
            before = (folder / "var/demo/environment").read_text()
            process.kill()
            process.wait()
            assert wait_for(lambda: not processes_in(folder), seconds=30)
        with demo(folder):
            after = (folder / "var/demo/environment").read_text()

        keys = r"(?:SECRET_KEY|SCRM_DATA_KEYS|SCRM_DEMO_PASSWORD)=.*"
        assert re.findall(keys, before) == re.findall(keys, after)

    def test_runs_beside_the_demo_of_another_clone(self, clone):
        with demo(clone("one")) as (_, one), demo(clone("other")) as (_, other):
            assert "<form" in page(one)
            assert "<form" in page(other)

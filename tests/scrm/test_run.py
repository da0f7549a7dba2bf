"""The script with which everything begins."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scrm.embedded.part import wait_for
from scrm.embedded.postgres import is_open

TOOLS = ["cat", "cksum", "dirname", "id", "mkdir", "rm", "rmdir", "sed", "sh", "sleep"]


@pytest.fixture
def poor(place):
    """An environment with a few tools and no Python at all."""
    tools = place / "tools"
    tools.mkdir()
    for name in TOOLS:
        (tools / name).symlink_to(shutil.which(name))
    return {"PATH": str(tools), "HOME": str(place)}


def start(folder, *arguments, **how):
    return subprocess.Popen(
        [str(folder / "run"), *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **how,
    )


def run(folder, *arguments, **how):
    """What it says, and its exit code."""
    process = start(folder, *arguments, **how)
    out, _nothing = process.communicate(timeout=300)
    return out, process.returncode


class TestRun:
    def test_tells_who_asks_nothing_what_there_is(self, clone, poor):
        out, code = run(clone("a clone", bare=True), env=poor)

        assert code == 0
        assert "./run demo" in out

    def test_says_in_one_sentence_that_there_is_no_python(self, clone, poor):
        out, code = run(clone("a clone", bare=True), "demo", env=poor)

        assert code == 1
        assert out.startswith("Python 3.12 or newer is needed")
        assert out.count("\n") == 1

    def test_does_not_wait_for_the_dead(self, clone, poor):
        folder = clone("a clone", bare=True)
        dead = start(folder, env=poor)
        dead.communicate()
        (folder / "var/set-up.lock").mkdir(parents=True)
        (folder / "var/set-up.lock/pid").write_text(str(dead.pid))

        _out, code = run(folder, "demo", env=poor)

        assert code == 1
        assert not (folder / "var/set-up.lock").exists()

    def test_waits_while_another_sets_up(self, clone, poor):
        folder = clone("a clone", bare=True)
        lock = folder / "var/set-up.lock"
        lock.mkdir(parents=True)
        (lock / "pid").write_text(str(os.getpid()))

        process = start(folder, "demo", env=poor)

        assert not wait_for(lambda: process.poll() is not None, seconds=2)
        shutil.rmtree(lock)
        process.communicate(timeout=10)


@pytest.mark.slow
class TestSetUp:
    def test_needs_no_environment_and_a_second_call_no_time(self, clone):
        folder = clone("a clone", bare=True)
        twin = start(folder, "version", env={})
        out, code = run(folder, "version", env={})
        twin.communicate(timeout=300)
        began = time.monotonic()
        again, _code = run(folder, "version", env={})

        assert (code, twin.returncode) == (0, 0), out
        assert again.startswith("5.2")
        assert time.monotonic() - began < 5

    def test_keeps_the_packages_of_the_tests_once_they_are_there(self, clone):
        folder = clone("a clone", bare=True)
        run(folder, "test", "--version", env={})
        installed = (folder / ".venv/installed").read_text()

        run(folder, "version", env={})

        assert (folder / ".venv/installed").read_text() == installed

    def test_works_for_an_account_without_a_home(self, clone, place):
        folder = clone("a clone", bare=True)
        python = python_for_all(place)
        libraries = str(python.parent.parent / "lib")
        environment = {"PYTHON": str(python), "LD_LIBRARY_PATH": libraries}
        how = {"env": environment | {"HOME": "/nonexistent"}}
        if os.geteuid() == 0:
            how |= {"user": 65534, "group": 65534, "extra_groups": []}
            for path in [folder, *folder.rglob("*")]:
                os.chown(path, 65534, 65534)

        out, code = run(folder, "version", **how)

        assert code == 0, out


def python_for_all(place):
    """The Python that runs this; a copy of it where others cannot reach it."""
    python = Path(os.path.realpath(sys.executable))
    if is_open(python):
        return python
    skip = shutil.ignore_patterns("test", "site-packages", "__pycache__")
    shutil.copytree(sys.base_prefix, place / "python", ignore=skip, symlinks=True)
    return place / "python" / "bin" / python.name

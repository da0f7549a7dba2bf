"""The web server answers on threads with small stacks, and survives what it reckons."""

import os
import subprocess
from urllib.request import urlopen

import pytest

from apps.backoffice.management.commands.web import ONE_CORE, granian
from scrm.embedded.part import wait_for
from scrm.household import answers, free_port
from tests.processes import ROOT


@pytest.fixture
def address():
    port = free_port()
    command = granian("tests.backoffice.reckons:application", "127.0.0.1", port)
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | ONE_CORE) as process:
        try:
            assert wait_for(lambda: answers("127.0.0.1", port), seconds=30)
            yield f"http://127.0.0.1:{port}/"
        finally:
            process.terminate()


def test_a_matrix_of_hundreds_ends_no_process(address):
    for _time in range(8):
        with urlopen(address, timeout=30) as answer:
            assert answer.read() == b"(600, 600)"

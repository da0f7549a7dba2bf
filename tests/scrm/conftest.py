"""A copy of the product to switch on, away from this one."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.check import ROOT

PARTS = ["apps", "locale", "scrm", "static", "templates"]
FILES = ["manage.py", "run", "pyproject.toml", "requirements.txt"]
FILES += ["requirements-dev.txt"]


@contextmanager
def open_folder() -> Iterator[Path]:
    """A folder that every account can reach, for what root runs as another."""
    folder = Path(tempfile.mkdtemp(prefix="scrm place "))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def place() -> Iterator[Path]:
    with open_folder() as folder:
        yield folder


@pytest.fixture
def clone(place) -> Callable[[str], Path]:
    """Makes a copy with these packages already in place, or `bare` of them."""

    def make(name: str, *, bare: bool = False) -> Path:
        copy = place / name
        leave_out = shutil.ignore_patterns("__pycache__", "*.mo")
        for part in PARTS:
            shutil.copytree(ROOT / part, copy / part, ignore=leave_out)
        for file in FILES:
            shutil.copy2(ROOT / file, copy / file)
        if not bare:
            (copy / ".venv").symlink_to(ROOT / ".venv")
        return copy

    return make


def processes_in(folder: Path) -> list[str]:
    """The commands that run anywhere below a folder; zombies do not run."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            where = os.readlink(process / "cwd")
            command = (process / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError):
            continue
        if Path(where).is_relative_to(folder) and command:
            found.append(command)
    return found

"""A program in a folder of its own, which one process owns until that process ends.

It is reached over a Unix socket only: no port to collide, no address to guard.
"""

import contextlib
import ctypes
import fcntl
import hashlib
import importlib.util
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

PR_SET_PDEATHSIG = 1
LONGEST_FOLDER = 90  # an address holds 108 bytes, with the name of the socket in it


class CannotStart(Exception):
    """The message says why, for a person."""


class Part:
    """`start` it, from nothing or again; `stop` it; it never outlives its owner."""

    ends_at = signal.SIGTERM  # the signal that ends it in order

    def __init__(self, home: Path) -> None:
        self.home = home.absolute()
        self.process: subprocess.Popen[bytes] | None = None
        self.lock: IO[str] | None = None

    @property
    def log(self) -> Path:
        return self.home / "log"

    @property
    def sockets(self) -> Path:
        """A folder whose path fits into a socket's address."""
        if len(str(self.home)) <= LONGEST_FOLDER:
            return self.home / "s"
        tag = hashlib.sha256(str(self.home).encode()).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"scrm-{tag}"

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def url(self) -> str:
        raise NotImplementedError

    def launch(self) -> None:
        """Make ready, spawn, and wait until it answers."""
        raise NotImplementedError

    def answers(self) -> bool:
        raise NotImplementedError

    def start(self) -> str:
        """Its address. CannotStart when it does not run soon, or runs elsewhere."""
        self.own()
        try:
            self.launch()
        except CannotStart:
            self.stop()
            raise
        return self.url

    def own(self) -> None:
        """Take the folder, or raise CannotStart when another process has it."""
        if self.lock is None:
            self.lock = lock(self.home)
        self.home.chmod(0o700)

    def spawn(self, *command: object, **how: Any) -> None:
        """Run the program as our child, which writes to the log, until it answers."""
        if self.process is not None:
            self.process.wait(15)  # it was killed, and nobody has looked since
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                list(map(str, command)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=dies_with_parent(self.ends_at),
                start_new_session=True,
                **how,
            )
        wait_for(lambda: not self.runs or self.answers(), seconds=60)
        if not self.runs or not self.answers():
            name = type(self).__name__
            raise CannotStart(f"{name} does not start:\n{tail(self.log)}")

    def stop(self) -> None:
        """End it in order, by force after a quarter of a minute; free the folder."""
        if self.process is not None and self.runs:
            self.process.send_signal(self.ends_at)
            try:
                self.process.wait(15)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None
        if self.lock is not None:
            self.lock.close()
            self.lock = None


def lock(folder: Path) -> IO[str]:
    """The folder, made if need be, is ours until this is closed or our process ends.

    CannotStart where another process or another account has it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        held = (folder / "lock").open("a")
    except PermissionError:
        raise CannotStart(f"{folder} belongs to another account.") from None
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        held.close()
        raise CannotStart(f"{folder} is in use: it runs already.") from None
    return held


def dies_with_parent(number: int) -> Callable[[], None]:
    """For `preexec_fn`: Linux sends the child this signal when its parent ends."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    parent = os.getpid()

    def ask() -> None:
        if libc is not None:
            libc.prctl(PR_SET_PDEATHSIG, number)
            if os.getppid() != parent:  # it ended before we could ask
                os._exit(1)

    return ask


def package(name: str) -> Path | None:
    """Where a package lies. It is not imported: that would run code of its own."""
    spec = importlib.util.find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def is_alive(pid: int) -> bool:
    """Whether it runs. A zombie does not, though it can be signalled: where process 1
    reaps nobody, a killed program stays one."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] != "Z"
    return True


def wait_for(condition: Callable[[], bool], *, seconds: float) -> bool:
    limit = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(0.02)
    return True


def tail(file: Path, size: int = 2000) -> str:
    """The end of a log; empty where there is none."""
    try:
        return file.read_text(errors="replace")[-size:]
    except OSError:
        return ""

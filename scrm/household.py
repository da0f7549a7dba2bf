"""One parent, its children, and how all of it ends.

Each child leads a process group of its own, so that Ctrl-C reaches the parent only,
which ends them in order. A child that dies is started again. One that dies at once
takes everything down and shows the end of its log: it would only die again. When the
parent itself is killed, Linux ends the children.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import IO, Self

from django.conf import settings

from scrm.embedded.part import CannotStart, Part, dies_with_parent, lock, tail

AT_ONCE = 30.0  # seconds; who dies sooner did not get going
PATIENCE = 20.0  # seconds that children have to finish what they are doing
LONGEST_LOG = 20_000_000  # bytes
LOOK_EVERY = 0.2  # seconds


class Child:
    """A command of manage.py in a process of its own."""

    def __init__(
        self, name: str, arguments: list[str], environment: dict[str, str], log: Path
    ) -> None:
        self.name = name
        self.arguments = arguments
        self.environment = environment
        self.log = log
        self.start()

    def start(self) -> None:
        self.started_at = time.monotonic()
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", *self.arguments],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),
            )

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def died_at_once(self) -> bool:
        return time.monotonic() - self.started_at < AT_ONCE

    def kill_the_rest(self) -> None:
        """What is left of its group, such as the pool of a killed worker."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class Household:
    """What runs under one parent: embedded parts first and last, children between."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = dict(os.environ)
        self.parts: list[Part] = []
        self.children: list[Child] = []
        self.errands: list[Child] = []
        self.lock: IO[str] | None = None

    def __enter__(self) -> Self:
        self.lock = lock(self.folder)
        (self.folder / "log").mkdir(exist_ok=True)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _end)
        return self

    def __exit__(self, *_: object) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self.hurry)
        self.stop()
        if self.lock is not None:
            self.lock.close()

    def take_in(self, part: Part) -> str:
        """Start an embedded part. Its address."""
        self.parts.append(part)
        address: str = part.start()
        return address

    def raise_child(self, name: str, *arguments: str) -> None:
        """Start a command that is to run for as long as we do."""
        self.children.append(self._new(name, arguments))

    def send(self, *arguments: str, name: str = "") -> Child:
        """Start a command that ends by itself; see `wait_for` and `watch`."""
        child = self._new(name or arguments[0], arguments)
        self.errands.append(child)
        return child

    def _new(self, name: str, arguments: tuple[str, ...]) -> Child:
        log = self.folder / "log" / f"{name}.log"
        return Child(name, list(arguments), dict(self.environment), log)

    def wait_for(self, *errands: Child) -> None:
        """Wait until all have ended; CannotStart with the log of one that failed."""
        self.watch(until=lambda: all(errand.has_ended for errand in errands))
        for errand in errands:
            self.errands.remove(errand)
            if errand.process.returncode:
                raise CannotStart(f"{errand.name} fails:\n{tail(errand.log)}")

    def watch(self, *, until: Callable[[], bool] = lambda: False) -> None:
        """Look after everybody until something is the case; without it, for ever."""
        while not until():
            for part in self.parts:
                if not part.runs:
                    say(f"{type(part).__name__} ended; starting it again.")
                    part.start()
            for child in self.children:
                if child.has_ended:
                    self.revive(child)
                shorten(child.log)
            time.sleep(LOOK_EVERY)

    def revive(self, child: Child) -> None:
        code = child.process.returncode
        child.kill_the_rest()
        if child.died_at_once:
            raise CannotStart(f"{child.name} ends at once ({code}):\n{tail(child.log)}")
        say(f"{child.name} ended ({code}); starting it again.")
        child.start()

    def stop(self) -> None:
        """End the children together, then the parts, the last one first."""
        everybody = self.children + self.errands
        for child in everybody:
            if not child.has_ended:
                child.process.terminate()
        limit = time.monotonic() + PATIENCE
        for child in everybody:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(0.0, limit - time.monotonic()))
            child.kill_the_rest()
        for part in reversed(self.parts):
            part.stop()

    def hurry(self, *_: object) -> None:
        """Asked a second time to end: no more patience."""
        for child in self.children + self.errands:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)


def _end(*_: object) -> None:
    raise KeyboardInterrupt


def say(line: str) -> None:
    print(line, flush=True)


def shorten(log: Path) -> None:
    """Put a long log aside. The child goes on writing at the end of an empty one."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > LONGEST_LOG:
            shutil.copyfile(log, log.with_suffix(".old.log"))
            os.truncate(log, 0)


def refuse_a_busy_port(host: str, port: int) -> None:
    """CannotStart where somebody else listens."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(found[0], found[1]) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(found[4])
    except OSError as problem:
        raise CannotStart(
            f"Port {port} of {host} cannot be had ({problem.strerror}): stop what "
            f"listens there, or choose another with --port."
        ) from None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def answers(host: str, port: int) -> bool:
    """Whether a web server answers there, with whatever."""
    connection = HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()

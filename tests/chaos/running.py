"""One of our own processes, that a test may kill, pause and start again."""

import contextlib
import os
import signal
import subprocess
import time
from typing import Any

from scrm.embedded.part import dies_with_parent


class Running:
    """One command of ours, whoever kills it."""

    def __init__(self, house: Any, name: str, *command: str) -> None:
        self.house, self.name, self.command = house, name, command
        self.process: subprocess.Popen | None = None
        self.deaths = 0

    def start(self) -> None:
        log = (self.house.folder / f"{self.name}.log").open("ab")
        with log:
            self.process = subprocess.Popen(
                [*self.house.way_to(self.name), "manage.py", *self.command],
                cwd=self.house.root,
                env=self.house.environment | self.house.clock_of(self.name),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGKILL),
            )

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        """To all of its processes."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """For good and without warning, its children with it."""
        if self.process is not None:
            self.signal(signal.SIGKILL)
            self.process.wait()
            self.deaths += 1

    def stop(self, *, seconds: float = 30) -> int:
        """In order; its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = -9
        self.signal(signal.SIGKILL)
        self.process.wait()
        return code

    def pause(self, seconds: float) -> None:
        """It sleeps and knows nothing of it."""
        self.signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.signal(signal.SIGCONT)

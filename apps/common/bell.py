"""The bell that calls workers to a lane, rung once for all who ask meanwhile.

Who asks has committed already, and a bell that is sent later calls a worker to
everything that waits by then: those who ask within a twentieth of a second share one.
A thread of its own sends it, so that nobody waits for the broker, neither WeCom for
our answer nor a job for the next. A bell is lost when the process dies with it or the
broker is away; the sweep rings again.
"""

import atexit
import contextvars
import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta

logger = logging.getLogger(__name__)

GATHER = timedelta(seconds=0.05)
SILENCE = timedelta(seconds=5)  # after a bell that did not ring
LAST_WORDS = 2.0  # seconds that a process which ends may wait for the broker


class Bell:
    """`send` is given a lane, and may take as long as the broker does."""

    def __init__(self, send: Callable[[str], None]) -> None:
        self.send = send
        self.start_afresh()
        os.register_at_fork(after_in_child=self.start_afresh)
        atexit.register(self.send_what_is_asked)

    def start_afresh(self) -> None:
        """A fork takes no thread along; what the parent was asked, the parent sends."""
        self.asked: dict[str, contextvars.Context] = {}
        self.heard = threading.Condition()
        self.sending = threading.Lock()
        self.thread: threading.Thread | None = None
        self.silent_until = 0.0  # of time.monotonic()

    def ask(self, lane: str) -> None:
        """Have a bell sent after this moment."""
        with self.heard:
            self.asked.setdefault(lane, contextvars.copy_context())
            if self.thread is None or not self.thread.is_alive():
                self.thread = threading.Thread(
                    target=self.ring_on, name="bell", daemon=True
                )
                self.thread.start()
            self.heard.notify()

    def ring_on(self) -> None:
        while True:
            with self.heard:
                self.heard.wait_for(lambda: self.asked)
            self.send_what_is_asked()
            time.sleep(GATHER.total_seconds())

    def send_what_is_asked(self) -> None:
        """Whoever asks once this has begun asks for the next one."""
        if not self.sending.acquire(timeout=LAST_WORDS):
            return
        try:
            with self.heard:
                asked, self.asked = self.asked, {}
            for lane, context in asked.items():
                context.run(self.send_one, lane)
        finally:
            self.sending.release()

    def send_one(self, lane: str) -> None:
        """After a failure none is sent for a while: a broker that hangs takes long."""
        if time.monotonic() < self.silent_until:
            return
        try:
            self.send(lane)
        except Exception as silence:  # noqa: BLE001 - whatever it is, the next may ring
            self.silent_until = time.monotonic() + SILENCE.total_seconds()
            logger.warning("the bell did not ring: %s", type(silence).__name__)

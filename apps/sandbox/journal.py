"""The log of every call that the corp received and every callback that it sent."""

import threading
import time
from collections import deque
from itertools import islice
from typing import Any

KEPT = 200_000


class Journal:
    """Entries are numbered from 1 on; the oldest are forgotten beyond 200,000."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.entries: deque[dict[str, Any]] = deque(maxlen=KEPT)
        self.last = 0

    def write(self, kind: str, **about: Any) -> None:
        with self.lock:
            self.last += 1
            self.entries.append(
                {"n": self.last, "kind": kind, "at": round(time.time(), 3), **about}
            )

    def read(self, *, after: int = 0, kind: str | None = None) -> list[dict[str, Any]]:
        """The entries of that kind whose number is greater than `after`."""
        with self.lock:
            wanted = min(max(self.last - after, 0), len(self.entries))
            newest = list(islice(reversed(self.entries), wanted))
        return [one for one in reversed(newest) if kind in (None, one["kind"])]

"""How much WeCom lets one corp call (wecom-api.md 1.2).

Each API may be called so often in a minute and in an hour; one call too many and it
is blocked for a while (45009). So many calls to one API may be in flight at once
(45033), and of those that change one object only one (45035).
"""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from apps.sandbox.knobs import Knobs

MINUTES_AN_HOUR = 60
IP_ALLOWANCE = 2  # one caller address may call twice as often as one corp


@dataclass
class Window:
    began: float = float("-inf")
    count: int = 0

    def add(self, now: float, length: float) -> int:
        if now >= self.began + length:
            self.began, self.count = now, 0
        self.count += 1
        return self.count


class Limits:
    def __init__(
        self, knobs: Knobs, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.knobs = knobs
        self.clock = clock
        self.lock = threading.Lock()
        self.minutes: dict[Hashable, Window] = defaultdict(Window)
        self.hours: dict[Hashable, Window] = defaultdict(Window)
        self.blocked_until: dict[Hashable, float] = {}
        self.in_flight: dict[str, int] = defaultdict(int)
        self.changing: set[tuple[str, Any]] = set()

    def enter(self, api: str, ip: str, changes: Any = None) -> int:
        """The error code that stops the call, or 0. After 0 call `leave`."""
        with self.lock:
            blocked = [self.count(key, times) for key, times in counted(api, ip)]
            if any(blocked):
                return 45009
            if self.in_flight[api] >= self.knobs.concurrency:
                return 45033
            if changes is not None and (api, changes) in self.changing:
                return 45035
            self.in_flight[api] += 1
            if changes is not None:
                self.changing.add((api, changes))
            return 0

    def leave(self, api: str, changes: Any = None) -> None:
        with self.lock:
            self.in_flight[api] -= 1
            if changes is not None:
                self.changing.discard((api, changes))

    def count(self, key: Hashable, times: int) -> bool:
        """Count the call; answers whether the API is blocked."""
        knobs, now = self.knobs, self.clock()
        if now < self.blocked_until.get(key, 0):
            return True
        a_minute, an_hour = knobs.minute_seconds, knobs.minute_seconds * MINUTES_AN_HOUR
        minute = self.minutes[key].add(now, a_minute) > knobs.calls_per_minute * times
        hour = self.hours[key].add(now, an_hour) > knobs.calls_per_hour * times
        if hour:
            self.blocked_until[key] = now + knobs.block_seconds * MINUTES_AN_HOUR
        elif minute:
            self.blocked_until[key] = now + knobs.block_seconds
        return minute or hour


def counted(api: str, ip: str) -> list[tuple[Hashable, int]]:
    return [(api, 1), ((ip, api), IP_ALLOWANCE)]

"""Has WeCom been silent for longer than is usual?

What is usual is told by the longest gap between the last callbacks; a night or a slow
hour among them makes us patient. Silence of several such gaps is odd, or means that
callbacks have stopped; but never before so much time has passed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

REMEMBERED, FEWEST = 200, 20
ODD, LEAST_ODD = 3, timedelta(minutes=1)
STOPPED, LEAST_STOPPED = 10, timedelta(minutes=30)


@dataclass(frozen=True, kw_only=True)
class Silence:
    """Since when and how long, and how long the longest was before."""

    since: datetime
    silent: timedelta
    usual: timedelta

    @property
    def is_odd(self) -> bool:
        return self.silent > max(LEAST_ODD, self.usual * ODD)

    @property
    def has_stopped(self) -> bool:
        return self.silent > max(LEAST_STOPPED, self.usual * STOPPED)


def silence_of(received: Sequence[datetime], *, at: datetime) -> Silence | None:
    """From when the last callbacks came, latest first; nothing if they are too few."""
    if len(received) < FEWEST:
        return None
    usual = max(later - earlier for later, earlier in pairwise(received))
    return Silence(since=received[0], silent=at - received[0], usual=usual)

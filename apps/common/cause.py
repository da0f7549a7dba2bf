"""Why something is done now: because of what happened at a moment, perhaps long ago.

News is worked off when its turn comes. Whoever works it off says when it happened, and
whatever is asked for meanwhile can know.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime

_happened_at: ContextVar[datetime | None] = ContextVar("happened_at", default=None)


@contextmanager
def because_of(*, happened_at: datetime) -> Iterator[None]:
    token = _happened_at.set(happened_at)
    try:
        yield
    finally:
        _happened_at.reset(token)


def cause_happened_at() -> datetime | None:
    """None where it is done for its own sake, as by a person."""
    return _happened_at.get()

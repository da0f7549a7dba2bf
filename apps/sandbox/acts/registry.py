"""The table of acts by name."""

from collections.abc import Callable
from typing import Any

Act = Callable[..., dict[str, Any]]

ACTS: dict[str, Act] = {}


def act(function: Act) -> Act:
    """Make a function something that can be done in the corp.

    An act takes the records, the moment `at` in Unix seconds, and keywords; what a
    caller leaves out it picks by chance. It answers what it did.
    """
    ACTS[function.__name__] = function
    return function

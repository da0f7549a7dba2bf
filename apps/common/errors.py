"""The two expected errors: the rules say no, and the world is not ready.

Everything else is a bug that should surface. The docstring of a subclass is its
message, on screen in the reader's language; `code` never changes.
"""

import inspect
from datetime import timedelta

from django.utils.translation import gettext


class Expected(Exception):
    """Something expected went wrong."""

    code = "expected"

    def __init__(self, *, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        message = gettext(inspect.getdoc(type(self)) or type(self).__name__)
        return f"{message} ({self.detail})" if self.detail else message


class Refused(Expected):
    """The rules say no."""

    code = "refused"


class RefusedBecause(Refused):
    """The rules say no, for a reason that is told each time anew."""

    def __init__(self, why: str) -> None:
        super().__init__()
        self.why = why

    def __str__(self) -> str:
        return self.why


class TryLater(Expected):
    """The world is not ready."""

    code = "try_later"

    def __init__(self, *, detail: str = "", after: timedelta | None = None) -> None:
        super().__init__(detail=detail)
        self.after = after

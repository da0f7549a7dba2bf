"""The two expected errors: the rules say no, and the world is not ready.

Everything else is a bug that should surface. The docstring of a subclass is its
message, on screen in the reader's language; `code` never changes.
"""

import inspect
from contextvars import ContextVar
from datetime import timedelta

from django.utils.translation import gettext


class Expected(Exception):
    """Something expected went wrong."""

    code = "expected"

    def __init__(self, *, detail: str = "") -> None:
        super().__init__(detail)
        self.detail = detail

    def __str__(self) -> str:
        message = self.words()
        return f"{message} ({self.detail})" if self.detail else message

    @classmethod
    def words(cls) -> str:
        return gettext(inspect.getdoc(cls) or cls.__name__)


class Refused(Expected):
    """The rules say no."""

    code = "refused"


class MayNot(Refused):
    """It is not for you to do this."""

    code = "may_not"

    def __init__(self, *, detail: str = "") -> None:
        super().__init__(detail=detail)
        said_no.get([]).append(self)


# What was not for whoever sent the request, wherever it was caught (audit/refusals.py).
said_no: ContextVar[list[MayNot]] = ContextVar("said_no")


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

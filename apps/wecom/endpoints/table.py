"""The table of all calls by name.

A call's name is WeCom's path as one would write it in Python:
`externalcontact/batch/get_by_user` is `externalcontact.batch_get_by_user`. Answers are
WeCom's own, as dicts.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from apps.wecom.client import LIMIT, Answer
from apps.wecom.models import Receiver

Method = Callable[..., Answer]


@dataclass(frozen=True)
class Call:
    """An endpoint and what is known of it."""

    name: str
    path: str
    make: Method
    app: Receiver  # whose token it wants
    safe_to_repeat: bool  # twice has the effect of once
    paged: bool
    limit: timedelta

    def check(self, arguments: dict[str, Any]) -> None:
        """Raises TypeError if the call does not take these arguments."""
        inspect.signature(self.make).bind(None, **arguments)  # None: the method's self


CALLS: dict[str, Call] = {}


def endpoint(
    path: str,
    *,
    app: Receiver = Receiver.APP,
    safe_to_repeat: bool = True,
    paged: bool = False,
    limit: timedelta = LIMIT,
) -> Callable[[Method], Method]:
    """Put the decorated method into the table."""

    def list_it(make: Method) -> Method:
        name = path.replace("/", ".", 1).replace("/", "_")
        CALLS[name] = Call(name, path, make, app, safe_to_repeat, paged, limit)
        return make

    return list_it

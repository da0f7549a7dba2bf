"""Make a call to WeCom by its name; walk through the pages of one that has pages.

A call may have to wait: for WeCom, for its limits, for a token. `patience` is how long
the caller is ready to; without it the first TryLater is raised.
"""

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from wechatpy.client.api.base import BaseWeChatAPI

from apps.common.errors import TryLater
from apps.wecom.client import Answer, client_of
from apps.wecom.endpoints import (
    address_book,
    contacts,
    groups,
    joins,
    links,
    login,
    media,
    messages,
    tags,
    transfers,
    ways,
)
from apps.wecom.endpoints.table import CALLS, Call
from apps.wecom.errors import WeComUnreachable

__all__ = ["CALLS", "call", "may_repeat", "pages"]

FILL_THE_TABLE = (
    *(address_book, contacts, groups, joins, links),
    *(login, media, messages, tags, transfers, ways),
)
NONE = timedelta(0)
LONGEST_PAUSE = 60.0  # seconds, where nobody says how long to wait


def call(
    name: str,
    /,
    *,
    patience: timedelta = NONE,
    within: timedelta | None = None,
    **arguments: Any,
) -> Answer:
    """WeCom's answer. Raises WeComRefused, or TryLater when the patience is over.
    `within`: what is asked later than that is of no use."""
    the_call = CALLS[name]
    give_up_at = time.monotonic() + patience.total_seconds()
    usual = 1.0
    while True:
        try:
            return _once(the_call, arguments, within or the_call.limit)
        except TryLater as later:
            pause = later.after.total_seconds() if later.after else usual
            if time.monotonic() + pause > give_up_at or not may_repeat(the_call, later):
                raise
        time.sleep(pause)
        usual = min(usual * 2, LONGEST_PAUSE)


def pages(
    name: str,
    /,
    *,
    cursor: str = "",
    patience: timedelta = NONE,
    **arguments: Any,
) -> Iterator[tuple[Answer, str]]:
    """Each page with the cursor of the next one; the last one's is empty.

    To go on after a stop, give the cursor of the page that was not yet worked off.
    """
    assert CALLS[name].paged, name
    while True:
        answer = call(name, patience=patience, cursor=cursor, **arguments)
        following = "" if answer.get("is_last") else answer.get("next_cursor") or ""
        if following and following == cursor:
            raise WeComUnreachable(sent=True, detail="the cursor stands still")
        yield answer, following
        if not following:
            return
        cursor = following


def may_repeat(the_call: Call, failure: TryLater) -> bool:
    """Whether the same call again cannot have its effect twice."""
    was_sent = isinstance(failure, WeComUnreachable) and failure.sent
    return the_call.safe_to_repeat or not was_sent


def _once(the_call: Call, arguments: dict[str, Any], within: timedelta) -> Answer:
    client = client_of(the_call.app)
    if not the_call.safe_to_repeat:
        client.forget_connections()
    with client.within(min(the_call.limit, within)):
        return the_call.make(BaseWeChatAPI(client), **arguments)

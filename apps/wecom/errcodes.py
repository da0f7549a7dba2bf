"""Each errcode: what happened and what to do, in words for people.

The table, errcodes.json, is data: a code (or a range of codes) with its kind, its
cause and its remedy, both in Chinese, as they are shown. WeCom's own `errmsg` is free
text that changes, and is never shown or compared.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("errcodes.json")


class Kind(StrEnum):
    """What an errcode asks of us."""

    BUSY = "busy"  # the same call may succeed soon
    PAUSE = "pause"  # this API must be left alone for a while
    RELOGIN = "relogin"  # with a new token the same call may succeed
    REFUSED = "refused"  # this call will never succeed
    SCOPE = "scope"  # the app may not see that person, department or group
    CONFIG = "config"  # no call of this kind succeeds until a person changes settings
    ENDED = "ended"  # what it was about is gone, or over


@dataclass(frozen=True)
class Explanation:
    """What happened and what to do, each a clause without its full stop."""

    kind: Kind
    cause: str
    remedy: str


UNKNOWN = Explanation(
    Kind.REFUSED,
    "企业微信拒绝了这次调用",
    "请按错误码在企业微信「全局错误码」文档中查询，或联系技术支持",
)


def explain(errcode: int) -> Explanation:
    """An unknown code is a permanent failure of that one call."""
    return explanations().get(errcode, UNKNOWN)


@cache
def explanations() -> dict[int, Explanation]:
    """Every code we know of."""
    table = json.loads(TABLE.read_text(encoding="utf-8"))
    return {
        errcode: Explanation(Kind(kind), cause, remedy)
        for codes, (kind, cause, remedy) in table.items()
        for errcode in _range(codes)
    }


def _range(codes: str) -> range:
    first, dash, last = codes.rpartition("-")
    if not dash or not first:  # "45009" or "-1"
        return range(int(codes), int(codes) + 1)
    return range(int(first), int(last) + 1)

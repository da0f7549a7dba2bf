"""One contact as externalcontact/get tells it: a row for everybody who follows them.

A contact of whom nobody within our range is a friend is refused (84061 or 40096,
wecom-api.md 1.4): the answer holds no follower, and proves nothing about our range.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from apps.common.clock import now
from apps.sync.words import Listed, listed
from apps.wecom.calls import call
from apps.wecom.errors import WeComRefused

NOBODY = {84061, 40096}
OUT_OF_RANGE = {48002, 60011, 60030, 40003, 41035}
TOGETHER = 10  # contacts read one after the other and kept at once
LONGEST = 200  # contacts of one chain
CHAINS = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """Whom we asked about, and who follows them; not `seen` if out of our range."""

    external_id: str
    read_at: datetime
    follows: tuple[Listed, ...] = ()
    seen: bool = True


def ask_about(external_id: str) -> Asked:
    read_at = now()
    try:
        answer = call("externalcontact.get", external_userid=external_id)
    except WeComRefused as refusal:
        if refusal.errcode not in NOBODY | OUT_OF_RANGE:
            raise
        seen = refusal.errcode in NOBODY
        return Asked(external_id=external_id, read_at=read_at, seen=seen)
    told = answer["external_contact"]
    follows = tuple(
        listed(told, info, read_at=read_at) for info in answer.get("follow_user") or ()
    )
    return Asked(external_id=external_id, read_at=read_at, follows=follows)


def follows_in(rows: Iterable[object]) -> list[Listed]:
    """Everybody who follows those we asked about."""
    return [follow for row in rows if isinstance(row, Asked) for follow in row.follows]


def dealt(keys: list[str]) -> list[list[str]]:
    """Keys dealt out to chains, so that several can be read at once."""
    count = max(min(CHAINS, len(keys)), -(-len(keys) // LONGEST))
    return [keys[number::count] for number in range(count)]

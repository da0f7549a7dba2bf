"""Which groups stand behind a code now: those with room, in their order.

WeCom takes five at most and lets people into the first that has room. A group that is
full or dismissed makes way for the next. One that was full comes back only when several
places are free, so that it does not come and go with each member. If none has room, the
last stays: WeCom opens a new one if it may, and otherwise a person is told.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from apps.joins.models import Behind

MOST = 5  # groups behind one code, as WeCom allows
FREE_AGAIN = 5  # places, of a group of fifty or more


class Why(StrEnum):
    """How a group stands to whoever scans next."""

    NEXT = "next"
    READY = "ready"  # behind the first
    WAITS = "waits"  # has room, but five stand before it
    FULL = "full"
    DISMISSED = "dismissed"
    OWNERLESS = "ownerless"


@dataclass(frozen=True, kw_only=True)
class Standing:
    behind: Behind
    why: Why

    @property
    def is_on_it(self) -> bool:
        return self.why in (Why.NEXT, Why.READY)


@dataclass(frozen=True, kw_only=True)
class Choice:
    standings: list[Standing]
    chats: tuple[str, ...]
    is_full: bool


def decide(rows: Iterable[Behind], *, full_at: int, held: Iterable[str]) -> Choice:
    rows, held = list(rows), set(held)

    def held_up(row: Behind) -> Why | None:
        group = row.group
        if group.dismissed_at is not None:
            return Why.DISMISSED
        if group.status == group.Status.OWNER_LEFT:
            return Why.OWNERLESS
        stands_there = not held or group.wecom_id in held
        free_again = 0 if stands_there else min(FREE_AGAIN, full_at // 10)
        return Why.FULL if group.member_count + free_again >= full_at else None

    whys = [(row, held_up(row)) for row in rows]
    free = [row for row, why in whys if why is None]
    chosen = free[:MOST]
    full = [row for row, why in whys if why is Why.FULL]
    fallback = chosen or full[-1:]
    standings = []
    for row, why in whys:
        if why is None:
            why = Why.WAITS
            if row in chosen:
                why = Why.NEXT if row is chosen[0] else Why.READY
        standings.append(Standing(behind=row, why=why))
    return Choice(
        standings=standings,
        chats=tuple(row.group.wecom_id for row in fallback),
        is_full=not free,
    )

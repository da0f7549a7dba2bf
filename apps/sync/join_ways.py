"""Pull codes of groups: whether ours have behind them which groups they shall.

WeCom lists none, so each of ours is asked for.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from apps.common.clock import now
from apps.events.models import EventRecord
from apps.joins.codes import GONE, READ, Trouble
from apps.joins.mend import Told, may_be_compared, mend, ours, published, told_of
from apps.joins.models import GroupCode
from apps.sync.models import Pull
from apps.sync.page import Compared, Found, Page, Tally, differences
from apps.wecom.calls import call
from apps.wecom.errors import WeComRefused

NAME = "join_ways"
PASSED_OVER = {48002, 60011}  # the app may not ask for codes of groups
PAGE = 10  # codes read one after the other and kept at once
LONGEST = 200


def plan(pull: Pull) -> list[list[str]]:
    keys = published()
    return [keys[start : start + LONGEST] for start in range(0, len(keys), LONGEST)]


def fetch(*, keys: list[str], cursor: str) -> Page:
    place = int(cursor or 0)
    following = place + PAGE
    rows = [read(key) for key in keys[place:following]]
    more = str(following) if following < len(keys) else ""
    return Page(rows=rows, next_cursor=more, calls=len(rows))


def read(config_id: str) -> Told:
    read_at = now()
    try:
        answer = call(READ, config_id=config_id)
    except WeComRefused as refusal:
        if refusal.errcode not in GONE:
            raise
        return Told(config_id=config_id, read_at=read_at)
    return Told(config_id=config_id, read_at=read_at, way=answer["join_way"])


def whole_of(key: str) -> str:
    return ""


def compare(rows: Iterable[Told]) -> list[Found]:
    told = {row.config_id: row for row in rows}
    pairs = [
        compared(code, told[config_id])
        for config_id, code in ours(told).items()
        if may_be_compared(code, told[config_id])
    ]
    return differences(pairs)


def compared(code: GroupCode, told: Told) -> Compared:
    theirs = told_of(code, told)
    if theirs is None and code.trouble == Trouble.LOST:
        theirs = code.held  # told once; a person knows
    return Compared(thing="joinway", subject=code.name, ours=code.held, theirs=theirs)


def merge(rows: Iterable[Told], *, source: EventRecord.Source, at: datetime) -> Tally:
    tally = Tally()
    for row in rows:
        tally.read += 1
        changed = int(mend(told=row))
        if row.way is None:
            tally.gone += changed
        else:
            tally.different += changed
    return tally


def sightings(rows: Iterable[Any]) -> list[tuple[str, str]]:
    """Each was asked for by itself: none is gone because a list was short."""
    return []


def held(whole: str) -> int:
    return 0


def missing(whole: str, seen: set[str], *, before: datetime) -> list[str]:
    return []


def gone(whole: str, items: list[str]) -> list[Found]:
    return []


def end(
    whole: str, items: list[str], *, source: EventRecord.Source, at: datetime
) -> None:
    """Nothing is ended here."""

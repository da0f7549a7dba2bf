"""Pull channel codes: how many the corp has, and whether ours hold whom they shall.

WeCom lists codes by their ids alone, so each of ours is asked for, and so is each
link. Codes of invites are too many for that: it is only seen whether they are listed.
Codes of other programs are counted, since all share one quota.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.channels.kinds import CONTACT_WAY, KINDS
from apps.channels.mend import Counted, Told, keep_count, may_be_compared, mend, ours
from apps.channels.models import Channel
from apps.common.clock import now
from apps.events.models import EventRecord
from apps.referrals.drift import Drift, drift_of, mend_codes
from apps.sync.models import Pull
from apps.sync.page import Compared, Found, Page, Tally, differences
from apps.wecom.calls import call, pages
from apps.wecom.errors import WeComRefused

NAME = "ways"
PASSED_OVER = {48002, 60011}  # the app may not ask for codes
LIST = ""  # the key under which all are counted
SINCE = 1_625_875_200  # WeCom lists none that were made before (wecom-api.md 3.4)
PAGE = 10  # codes read one after the other and kept at once
LONGEST = 200


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Every code of the corp."""

    config_ids: frozenset[str]
    read_at: datetime


def plan(pull: Pull) -> list[list[str]]:
    told = Channel.objects.published().exclude(config_id="")
    rows = told.order_by("pk").values_list("kind", "config_id")
    keys = [f"{kind}:{config_id}" for kind, config_id in rows]
    chains = [keys[start : start + LONGEST] for start in range(0, len(keys), LONGEST)]
    return [[LIST], *chains]


def fetch(*, keys: list[str], cursor: str) -> Page:
    if keys == [LIST]:
        return counted()
    place = int(cursor or 0)
    following = place + PAGE
    rows = [read(key) for key in keys[place:following]]
    more = str(following) if following < len(keys) else ""
    return Page(rows=rows, next_cursor=more, calls=len(rows))


def counted() -> Page:
    read_at, found, calls = now(), list[str](), 0
    for answer, _cursor in pages(CONTACT_WAY.listing, start_time=SINCE):
        found += CONTACT_WAY.listed(answer)
        calls += 1
    listed = Listed(config_ids=frozenset(found), read_at=read_at)
    return Page(rows=[Counted(many=len(found), read_at=read_at), listed], calls=calls)


def read(key: str) -> Told:
    name, _colon, config_id = key.partition(":")
    kind, read_at = KINDS[Channel.Kind(name)], now()
    which: dict[str, Any] = {kind.key: config_id}
    try:
        answer = call(kind.read, **which)
    except WeComRefused as refusal:
        if refusal.errcode not in kind.gone:
            raise
        return Told(config_id=config_id, read_at=read_at)
    found = kind.told(config_id, answer)
    return Told(
        config_id=config_id, read_at=read_at, state=found.state, holds=found.holds
    )


def whole_of(key: str) -> str:
    return LIST


def compare(rows: Iterable[Any]) -> list[Found]:
    rows = list(rows)
    told = {row.config_id: row for row in rows if isinstance(row, Told)}
    pairs = [
        compared(channel, told[config_id])
        for config_id, channel in ours(told).items()
        if may_be_compared(channel, told[config_id])
    ]
    drifts = [
        drift_of(row.config_ids, read_at=row.read_at)
        for row in rows
        if isinstance(row, Listed)
    ]
    pairs += [pair for drift in drifts for pair in of_invites(drift)]
    return differences(pairs)


def of_invites(drift: Drift) -> Iterable[Compared]:
    """One that is still there although it was given back is missing here."""
    for invite in (*drift.lost, *drift.left):
        is_there = {"state": invite.state}
        yield Compared(
            thing="inviteway",
            subject=invite.ref,
            contact_id=invite.contact_id,
            ours=None if invite.removed_at else is_there,
            theirs=is_there if invite.removed_at else None,
        )


def compared(channel: Channel, told: Told) -> Compared:
    state = channel.state if told.state is None else told.state
    mine: dict[str, Any] = channel.held | {"state": channel.state}
    theirs = None if told.holds is None else told.holds | {"state": state}
    if theirs is None and channel.trouble == Channel.Trouble.LOST:
        theirs = mine  # told once; a person knows
    return Compared(thing="way", subject=channel.name, ours=mine, theirs=theirs)


def merge(rows: Iterable[Any], *, source: EventRecord.Source, at: datetime) -> Tally:
    tally = Tally()
    for row in rows:
        if isinstance(row, Counted):
            keep_count(row)
            continue
        if isinstance(row, Listed):
            drift = mend_codes(row.config_ids, read_at=row.read_at, at=at)
            tally += Tally(gone=len(drift.lost), different=len(drift.left))
            continue
        tally.read += 1
        changed = int(mend(told=row, at=at))
        if row.holds is None:
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

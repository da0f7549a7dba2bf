"""Sweep the lists: one call for each employee tells whose friends they are.

Who is listed and not known here is then read, one by one, with everything that is told
of them. Who is no longer listed is gone by the rules of gone.py. Tags, remarks and
phones leave a list as it was: a sweep does not see them.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from apps.contacts.erased import erased_among
from apps.contacts.models import Follow
from apps.events.models import EventRecord
from apps.sync import contacts
from apps.sync.asked import TOGETHER, Asked, ask_about, dealt, follows_in
from apps.sync.models import Pull
from apps.sync.page import Found, Page, Tally
from apps.sync.words import account, text
from apps.wecom.calls import call

NAME = "lists"
PASSED_OVER = contacts.PASSED_OVER
MOST = 15_000  # contacts read in one sweep: a tenth of what WeCom allows in an hour
NO_WHOLE = ""
LIST, GET = "list", "get"


class Pair(NamedTuple):
    """An employee has this contact; more is not told."""

    account: str
    external_id: str


Row = Pair | Asked


def plan(pull: Pull) -> list[list[str]]:
    """A list for every employee who serves contacts, or for those who were named."""
    serving = contacts.serving()
    if pull.accounts:
        serving = sorted({*serving} & {*pull.accounts})
    return dealt([f"{LIST}:{who}" for who in serving])


def doubts(seen: dict[str, set[str]], *, before: datetime) -> list[list[str]]:
    """A second round: those whose friendship we do not know of."""
    strangers: set[str] = set()
    for who, ids in seen.items():
        strangers |= ids - known(who)
    strangers -= erased_among(strangers).keys()  # who comes again is heard, or pulled
    return dealt([f"{GET}:{external_id}" for external_id in sorted(strangers)[:MOST]])


def known(who: str) -> set[str]:
    """Friends of an employee; and those who left, whom WeCom goes on listing."""
    rows = Follow.objects.filter(employee__wecom_id=who).order_by("started_at", "pk")
    latest = {
        value: (confirmed_at and ended_at is None) or ended_by == Follow.EndedBy.CONTACT
        for value, confirmed_at, ended_at, ended_by in rows.values_list(
            "identity__value", "confirmed_at", "ended_at", "ended_by"
        )
    }
    return {value for value, is_known in latest.items() if is_known}


def fetch(*, keys: list[str], cursor: str) -> Page:
    """One list, or the next few contacts."""
    place = int(cursor or 0)
    kind, _colon, which = keys[place].partition(":")
    rows: list[Row]
    if kind == LIST:
        following = place + 1
        rows = list(pairs_of(which))
    else:
        following = place + TOGETHER
        rows = [ask_about(key.partition(":")[2]) for key in keys[place:following]]
    more = following < len(keys)
    return Page(
        rows=rows,
        next_cursor=str(following) if more else "",
        calls=min(following, len(keys)) - place,
    )


def pairs_of(who: str) -> Iterable[Pair]:
    answer = call("externalcontact.list", userid=who)
    for external_id in answer.get("external_userid") or ():
        yield Pair(account(who), text(external_id))


def whole_of(key: str) -> str:
    """A list is the whole of an employee's friends; one contact is the whole of
    nothing."""
    kind, _colon, which = key.partition(":")
    return which if kind == LIST else NO_WHOLE


def merge(rows: list[Row], *, source: EventRecord.Source, at: datetime) -> Tally:
    tally = contacts.merge(follows_in(rows), source=source, at=at)
    return Tally(read=len(rows), new=tally.new, different=tally.different)


def sightings(rows: Iterable[Row]) -> list[tuple[str, str]]:
    rows = list(rows)
    return [
        *((row.account, row.external_id) for row in rows if isinstance(row, Pair)),
        *contacts.sightings(follows_in(rows)),
    ]


def held(whole: str) -> int:
    return contacts.held(whole)


def missing(whole: str, seen: set[str], *, before: datetime) -> list[str]:
    return contacts.missing(whole, seen, before=before) if whole else []


def end(
    whole: str, items: list[str], *, source: EventRecord.Source, at: datetime
) -> None:
    contacts.end(whole, items, source=source, at=at)


def gone(whole: str, items: list[str]) -> list[Found]:
    return contacts.gone(whole, items)


def compare(rows: list[Row]) -> list[Found]:
    return contacts.compare(follows_in(rows))

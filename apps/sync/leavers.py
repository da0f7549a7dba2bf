"""Pull whom leavers left behind: contacts that wait in WeCom for a colleague.

Whoever left while we were listening is known, with everybody they had. Of those who
left before, WeCom lists the pairs for a year (wecom-api.md 3.6), and nothing else: the
end is kept, though nobody told us of the beginning, so that they can be handed over.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from apps.contacts.erased import told_of_the_living
from apps.contacts.follow import end_follows
from apps.contacts.models import Follow, Identity
from apps.contacts.rows import EndRow
from apps.events.models import EventRecord
from apps.staff.models import Employee
from apps.staff.roster import employees_by_account, leave
from apps.sync.models import Difference, Pull
from apps.sync.page import Found, Page, Tally, subject_of
from apps.sync.words import account, moment, text
from apps.wecom.calls import call

NAME = "leavers"
PASSED_OVER = {48002, 60011}  # the app may not ask for contacts of leavers
PAGE = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """A contact of somebody who left then."""

    account: str
    external_id: str
    left_at: datetime


def plan(pull: Pull) -> list[list[str]]:
    """Only once: whoever leaves after the first pull is heard of, or missed by one."""
    return [[""]] if pull.source == EventRecord.Source.FIRST_PULL else []


def fetch(*, keys: list[str], cursor: str) -> Page:
    answer = call("externalcontact.get_unassigned_list", cursor=cursor, page_size=PAGE)
    rows = [
        Waiting(
            account=account(row.get("handover_userid")),
            external_id=text(row.get("external_userid")),
            left_at=moment(row.get("dimission_time")),
        )
        for row in answer.get("info") or ()
    ]
    named = [row for row in rows if row.account and row.external_id]
    return Page(rows=named, next_cursor=answer.get("next_cursor") or "")


def whole_of(key: str) -> str:
    return key


def unheard_of(rows: Iterable[Waiting]) -> list[Waiting]:
    """Pairs of which we know nothing, of somebody who is not with us (again)."""
    told = {(row.account, row.external_id): row for row in rows}
    with_us = Employee.objects.filter(
        wecom_id__in={who for who, _id in told}, left_at__isnull=True
    )
    at_work = set(with_us.values_list("wecom_id", flat=True))
    known = Follow.objects.filter(
        identity__kind=Identity.Kind.EXTERNAL,
        identity__system="",
        identity__value__in={value for _who, value in told},
        employee__wecom_id__in={who for who, _id in told},
    )
    pairs = set(known.values_list("employee__wecom_id", "identity__value"))
    news = [
        row
        for pair, row in told.items()
        if pair not in pairs and row.account not in at_work
    ]
    return told_of_the_living(
        news, who=lambda row: row.external_id, began_at=lambda row: row.left_at
    )


def compare(rows: Iterable[Waiting]) -> list[Found]:
    return [
        Found(
            thing="follow",
            kind=Difference.Kind.MISSING_HERE,
            subject=subject_of(row.account, row.external_id),
        )
        for row in unheard_of(rows)
    ]


def merge(rows: list[Waiting], *, source: EventRecord.Source, at: datetime) -> Tally:
    """Who left, then whom they left behind."""
    news = unheard_of(rows)
    employees = employees_by_account(
        {row.account for row in news}, source=source, at=at
    )
    last = {row.account: row.left_at for row in sorted(news, key=lambda r: r.left_at)}
    for who in Employee.objects.filter(pk__in=employees.values(), left_at__isnull=True):
        leave([who], at=last[who.wecom_id], source=source)
    end_follows(
        [
            EndRow(
                external_id=row.external_id,
                employee_id=employees[row.account],
                ended_at=row.left_at,
                ended_by=Follow.EndedBy.RESIGNED,
            )
            for row in news
        ],
        source=source,
    )
    return Tally(read=len(rows), new=len(news))


# --- nothing is taken for gone: who is taken over is told of where they go ------------


def sightings(rows: Iterable[Any]) -> list[tuple[str, str]]:
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

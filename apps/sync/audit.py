"""The daily audit: a thousand contacts drawn by lot say how far we have drifted.

Each is asked for by itself, compared in every field, and mended. The drift is the
share of them with any difference; the interval is Wilson's, which holds for shares
near nothing as well. Nobody is removed for it: one contact's followers are told only
as far as our visible range goes, and the lists are swept every hour.
"""

from collections.abc import Iterable
from datetime import datetime
from math import sqrt
from typing import Any

from apps.contacts.models import Follow, Identity
from apps.contacts.retell import LAG
from apps.events.models import EventRecord
from apps.sync import contacts
from apps.sync.asked import TOGETHER, Asked, ask_about, dealt, follows_in
from apps.sync.models import Difference, Pull
from apps.sync.page import Found, Page, Tally, pair_of

NAME = "sample"
DRAWN = 1_000
PASSED_OVER: set[int] = set()  # what a refusal means is said in asked.py
NO_WHOLE = ""
SURE = 1.96  # standard deviations on either side: 95 times in a hundred


def plan(pull: Pull) -> list[list[str]]:
    """Contacts who are somebody's confirmed friend."""
    followed = Follow.objects.open().filter(confirmed_at__isnull=False)
    drawn = Identity.objects.external().filter(pk__in=followed.values("identity"))
    return dealt(list(drawn.order_by("?").values_list("value", flat=True)[:DRAWN]))


def fetch(*, keys: list[str], cursor: str) -> Page:
    """The next few contacts of the chain."""
    place = int(cursor or 0)
    following = place + TOGETHER
    chunk = keys[place:following]
    return Page(
        rows=[ask_about(external_id) for external_id in chunk],
        next_cursor=str(following) if following < len(keys) else "",
        calls=len(chunk),
    )


def compare(rows: list[Asked]) -> list[Found]:
    return [*contacts.compare(follows_in(rows)), *unseen(rows)]


def unseen(rows: list[Asked]) -> list[Found]:
    """Follows that we hold and WeCom does not tell of."""
    found: list[Found] = []
    for row in rows:
        told = {follow.account for follow in row.follows}
        ours = Follow.objects.open().filter(
            identity__kind=Identity.Kind.EXTERNAL,
            identity__value=row.external_id,
            confirmed_at__isnull=False,
            started_at__lt=row.read_at - LAG,
        )
        for who in ours.values_list("employee__wecom_id", flat=True):
            if row.seen and who not in told:
                found += contacts.gone(who, [row.external_id])
    return found


def merge(rows: list[Asked], *, source: EventRecord.Source, at: datetime) -> Tally:
    tally = contacts.merge(follows_in(rows), source=source, at=at)
    return Tally(read=len(rows), new=tally.new, different=tally.different)


def whole_of(key: str) -> str:
    return NO_WHOLE


def sightings(rows: Iterable[Asked]) -> list[tuple[str, str]]:
    return []


def held(whole: str) -> int:
    return 0


def missing(whole: str, seen: set[str], *, before: datetime) -> list[str]:
    return []


def end(
    whole: str, items: list[str], *, source: EventRecord.Source, at: datetime
) -> None:
    """Nothing is ever missing."""


def gone(whole: str, items: list[str]) -> list[Found]:
    return []


# --- how far we have drifted --------------------------------------------------------


def drift_found(pull: Pull) -> dict[str, Any]:
    """Of how many contacts, how many differed: the share, and where it truly lies."""
    subjects = Difference.objects.filter(pull=pull).values_list("subject", flat=True)
    differing = len({pair_of(subject)[1] for subject in subjects})
    drawn = pull.counts.get(NAME, {}).get("read", 0)
    low, high = interval(differing, of=drawn)
    return {
        "contacts": drawn,
        "differing": differing,
        "drift": round(differing / drawn, 5) if drawn else 0.0,
        "low": round(low, 5),
        "high": round(high, 5),
    }


def interval(hits: int, *, of: int) -> tuple[float, float]:
    """Wilson's interval of a share."""
    if not of:
        return 0.0, 1.0
    share, weight = hits / of, SURE**2 / of
    middle = (share + weight / 2) / (1 + weight)
    spread = SURE * sqrt(share * (1 - share) / of + weight / of / 4) / (1 + weight)
    return max(0.0, middle - spread), min(1.0, middle + spread)
